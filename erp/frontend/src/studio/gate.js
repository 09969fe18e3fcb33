// The publish drawer: a page's part, loaded beside the drawing whose changes it colours.

import { ghosts, mark, placedIn } from './changes.js'

const MARKS = { added: 'mr-added', changed: 'mr-changed', moved: 'mr-moved' }

export class Gate {
  constructor (dialog, modeler, { url, saving }) {
    Object.assign(this, { dialog, modeler, url, saving })
    this.body = dialog.querySelector('[data-gate]')
    dialog.addEventListener('close', () => this.clear())
    dialog.addEventListener('click', (event) => event.target === dialog && dialog.close())
    this.body.addEventListener('submit', (event) => this.submit(event))
    this.body.addEventListener('click', (event) => {
      const button = event.target.closest('[data-element]')
      if (!button) return
      dialog.close()
      this.goTo?.(button.dataset.element)
    })
  }

  async open () {
    if (!await this.saving.now()) return
    this.body.replaceChildren()
    this.dialog.showModal()
    await this.load(this.url)
    this.body.querySelector('textarea, button')?.focus()
  }

  async load (url, options = {}) {
    const answer = await fetch(url, { ...options, headers: { Accept: 'text/html', 'X-Part': '1' } })
    const where = answer.headers.get('X-Location')
    if (where || answer.redirected) {
      this.saving.dirty = false
      location.assign(where || answer.url)
      return
    }
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
    this.body.replaceChildren(...(page.querySelector('[data-gate-part]') || page.querySelector('main') || page.body).childNodes)
    const title = this.body.querySelector('[data-gate-title]')
    if (title) this.dialog.querySelector('h2').textContent = title.textContent
    this.colour()
    this.body.querySelector('[aria-invalid]')?.focus()
  }

  submit (event) {
    event.preventDefault()
    const form = event.target
    const body = new FormData(form, event.submitter)
    const own = event.submitter?.getAttribute('formaction')
    this.load(own || form.action, { method: 'POST', body })
  }

  // Where no drawing is beside it there is nothing to colour.
  colour () {
    if (!this.modeler) return
    this.clear()
    const placed = placedIn(this.body)
    const changes = [...this.body.querySelectorAll('[data-change]')].map(({ dataset }) => ({ kind: dataset.change, element: dataset.element }))
    const also = placed.moved.map((element) => ({ kind: 'moved', element }))
    this.undo = [mark(this.modeler, [...also, ...changes], MARKS), ghosts(this.modeler, placed)]
  }

  clear () {
    for (const undo of this.undo || []) undo()
    this.undo = []
  }
}
