// The publish drawer: a page's part, loaded beside the drawing whose changes it colours.

const PARTS = ['added', 'changed']

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

  colour () {
    const canvas = this.modeler.get('canvas')
    const registry = this.modeler.get('elementRegistry')
    this.marked = []
    for (const item of this.body.querySelectorAll('[data-change]')) {
      const { change, element } = item.dataset
      if (!PARTS.includes(change) || !registry.get(element)) continue
      canvas.addMarker(element, `mr-${change}`)
      this.marked.push([element, `mr-${change}`])
    }
  }

  clear () {
    const canvas = this.modeler.get('canvas')
    for (const [element, marker] of this.marked || []) if (this.modeler.get('elementRegistry').get(element)) canvas.removeMarker(element, marker)
    this.marked = []
  }
}
