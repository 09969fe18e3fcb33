// The draft walked beside its drawing: forms are sent with the drawing as it is now and with all that was done so far.

import { lines } from '../lines.js'

const AFTER = 700

export class Walk {
  constructor (place, button, modeler, { url, token, content, goTo }) {
    Object.assign(this, { place, button, modeler, url, token, content, goTo })
    this.role = ''
    this.marked = []
    button.addEventListener('click', () => this.place.hidden ? this.open() : this.close())
    place.addEventListener('submit', (event) => this.submit(event))
    place.addEventListener('click', (event) => this.click(event))
    place.addEventListener('change', (event) => {
      if (!event.target.matches('[data-walk-as]')) return
      this.role = event.target.value
      this.again({ '~do': 'show' })
    })
    place.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.close()
    })
    modeler.on('commandStack.changed', () => {
      if (this.place.hidden) return
      clearTimeout(this.timer)
      this.timer = setTimeout(() => !this.place.contains(document.activeElement) && this.again({ '~do': 'show' }, false), AFTER)
    })
  }

  async open (body = {}) {
    this.place.hidden = false
    this.button.setAttribute('aria-pressed', 'true')
    document.getElementById('studio').classList.add('walking')
    this.modeler.get('canvas').resized()
    if (!this.place.childElementCount || Object.keys(body).length) await this.again(body)
    else this.mark()
    this.focus()
  }

  // A test case, played as far as it goes.
  openCase (place) {
    return this.open({ '~open': String(place) })
  }

  close () {
    this.place.hidden = true
    this.button.setAttribute('aria-pressed', 'false')
    document.getElementById('studio').classList.remove('walking')
    this.modeler.get('canvas').resized()
    this.clear()
    this.button.focus()
  }

  click (event) {
    const { target } = event
    if (target.closest('[data-walk-close]')) return this.close()
    if (target.closest('[data-walk-anew]')) {
      this.place.replaceChildren()
      return this.again({})
    }
    const play = target.closest('[data-walk-play]')
    if (play) {
      this.role = play.dataset.walkPlay
      return this.again({ '~do': 'show' })
    }
    const element = target.closest('[data-element]')
    if (element) this.goTo(element.dataset.element)
  }

  again (values, focus = true) {
    const body = new FormData()
    for (const [name, value] of Object.entries(values)) body.append(name, value)
    return this.send(body, this.url, focus)
  }

  async submit (event) {
    event.preventDefault()
    const form = event.target
    const body = new FormData(form, event.submitter)
    if (!('walkRecord' in form.dataset)) return this.send(body, this.url)
    if (this.saving) {
      if (!await this.saving.now()) return
      body.set('saved', this.saving.saved)
    }
    await this.send(body, `${this.url}/record`)
    const saved = Number(this.place.querySelector('[data-saved]')?.dataset.saved)
    if (this.saving && saved > this.saving.saved) this.recorded?.(saved)
  }

  async send (body, url, focus = true) {
    const done = this.place.querySelector('[data-walk-case]')?.value
    if (done && !body.has('~open')) body.append('~case', done)
    body.append('~as', this.role)
    body.append('~drawing', new Blob([await this.content()], { type: 'application/xml' }), 'drawing.bpmn')
    this.place.setAttribute('aria-busy', 'true')
    try {
      const answer = await fetch(url, { method: 'POST', body, headers: { 'X-CSRFToken': this.token, 'X-Part': '1', Accept: 'text/html' } })
      if (answer.redirected || !answer.headers.get('Content-Type')?.startsWith('text/html') || (answer.status >= 400 && answer.status !== 422 && answer.status !== 412)) throw new Error(answer.statusText)
      this.show(await answer.text(), focus)
    } catch (error) {
      this.fail(error)
    } finally {
      this.place.removeAttribute('aria-busy')
    }
  }

  // Without a connection what stands there stays: the same button tries it again.
  fail (error) {
    console.info(error.message)
    const said = Object.assign(document.createElement('p'), { className: 'mr-err', role: 'alert', textContent: this.place.dataset.failed })
    this.place.querySelector('.mr-walk-failed')?.remove()
    said.classList.add('mr-walk-failed')
    this.place.prepend(said)
  }

  show (html, focus) {
    const { scrollTop } = this.place
    this.place.innerHTML = html
    this.place.querySelectorAll('[data-lines]').forEach((panel) => lines(panel))
    this.mark()
    this.place.scrollTop = focus ? 0 : scrollTop
    if (focus) this.focus()
  }

  focus () {
    const wanted = '[aria-invalid], [role=alert], .mr-panel :is(input:not([type=hidden]), select, textarea, .btn-primary), form :is(input:not([type=hidden]), select), h2'
    const found = [...wanted.split(/,\s(?![^(]*\))/)].map((each) => this.place.querySelector(each)).find(Boolean)
    if (found?.getAttribute('role') === 'alert') found.tabIndex = -1
    found?.focus({ preventScroll: found.matches('h2') })
  }

  mark () {
    this.clear()
    const { past = [], here = [] } = JSON.parse(this.place.querySelector('[data-walk-marks]')?.dataset.walkMarks || '{}')
    const canvas = this.modeler.get('canvas')
    const registry = this.modeler.get('elementRegistry')
    const overlays = this.modeler.get('overlays')
    const add = (id, name) => {
      if (!registry.get(id)) return
      canvas.addMarker(id, name)
      this.marked.push([id, name])
    }
    past.forEach((id) => add(id, 'mr-walked'))
    for (const id of here) {
      add(id, 'mr-here')
      if (registry.get(id)) overlays.add(id, 'walk', { position: { top: -12, left: -12 }, html: Object.assign(document.createElement('div'), { className: 'mr-token' }) })
    }
    this.follow(here.map((id) => registry.get(id)).filter(Boolean)[0])
  }

  // The board moves only when the token has left it.
  follow (element) {
    if (!element) return
    const { x, y, width, height } = this.modeler.get('canvas').viewbox()
    const inside = element.x > x && element.x + element.width < x + width && element.y > y && element.y + element.height < y + height
    if (!inside) this.modeler.get('canvas').scrollToElement(element, { top: 120, bottom: 120, left: 200, right: 200 })
  }

  clear () {
    const canvas = this.modeler.get('canvas')
    const registry = this.modeler.get('elementRegistry')
    for (const [id, name] of this.marked) if (registry.get(id)) canvas.removeMarker(id, name)
    this.marked = []
    this.modeler.get('overlays').remove({ type: 'walk' })
  }
}
