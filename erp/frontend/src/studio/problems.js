// What the linter on the server says: a list, marks on the drawing, and in the panel of the chosen element.

import { icon, make } from './dom.js'
import { repairOf } from './repairs.js'

export class Problems {
  // `desk` is what repairs need: the model and what is offered; none while one only looks.
  constructor (place, modeler, { t, url, token, desk, type = 'application/xml' }) {
    Object.assign(this, { place, modeler, t, url, token, desk, type, found: [], tests: null })
    this.asked = 0
  }

  of (element) {
    return this.found.filter((each) => each.element === element)
  }

  // Answers that come late are of an older drawing: the newest question counts.
  async check (bpmn) {
    const asked = ++this.asked
    try {
      const answer = await fetch(this.url, { method: 'POST', body: bpmn, headers: { 'X-CSRFToken': this.token, Accept: 'application/json', 'Content-Type': this.type } })
      if (!answer.ok || asked !== this.asked) return
      const told = await answer.json()
      this.answered?.(told)
      this.show(told.problems)
    } catch {
      // without a connection the last answer stands; the next change asks again
    }
  }

  show (found) {
    this.found = found
    this.draw()
    this.mark()
    this.changed?.()
  }

  // Of cases that fail: each leads to its walk on the board.
  showTests (tests) {
    this.tests = tests
    this.draw()
  }

  async checkTests () {
    const answer = await fetch(this.testsUrl, { headers: { Accept: 'application/json' } })
    if (answer.ok) this.showTests(await answer.json())
  }

  draw () {
    const { t, place } = this
    const at = [...place.querySelectorAll('li')].findIndex((each) => each.contains(document.activeElement))
    const errors = this.found.filter((each) => each.error).length
    const warnings = this.found.length - errors
    const badge = (count, kind, one, many) => count > 0 && make('span', { className: `mr-state ${kind}` }, `${count.toLocaleString(document.documentElement.lang)} ${t(count === 1 ? one : many)}`)
    place.replaceChildren(
      make('header', {},
        make('h2', { tabindex: '-1' }, t('Checks')),
        badge(errors, 'bad', 'error', 'errors'),
        badge(warnings, 'wait', 'warning', 'warnings'),
        this.tests?.words && make('span', { className: `mr-state ${this.tests.failing.length ? this.weight() : 'good'}` }, this.tests.words),
        this.found.length === 0 && make('span', { className: 'mr-state good' }, t('Nothing found')),
        make('span', { className: 'mr-grow' }),
        make('span', { className: 'mr-small mr-mute mr-hide-s' }, t('Checked as you draw'))),
      make('ul', {}, ...this.found.map((each) => make('li', {}, this.line(each, true))),
        ...(this.tests?.failing || []).map((each) => make('li', {}, this.failing(each)))))
    if (at >= 0) this.focus(at)
  }

  // Whoever works through the list stays at their place in it.
  focus (at) {
    const lines = this.place.querySelectorAll('li')
    const next = lines[Math.min(at, lines.length - 1)]?.querySelector('button') || this.place.querySelector('h2')
    next.focus()
  }

  // Cases as they were shipped cannot know what is drawn: they warn.
  weight () {
    return this.tests.forbids ? 'bad' : 'wait'
  }

  failing ({ place, name, message }) {
    return make('button', { type: 'button', className: `mr-remark ${this.weight()}`, onclick: () => this.openCase(place) },
      icon(this.tests.forbids ? 'circle-x' : 'alert-triangle'), make('span', { className: 'mr-grow' }, make('b', {}, make('bdi', {}, name), ': '), message), make('span', { className: 'mr-small mr-go' }, this.t('Show')))
  }

  line (each, linked) {
    const content = [icon(each.error ? 'circle-x' : 'alert-triangle'), make('span', { className: 'mr-grow' }, linked && each.label && make('b', {}, make('bdi', {}, each.label), ': '), each.message)]
    const className = `mr-remark ${each.error ? 'bad' : 'wait'}`
    const told = !linked || !each.element
      ? make('div', { className }, ...content)
      : make('button', { type: 'button', className, onclick: () => this.goTo(each.element) }, ...content, make('span', { className: 'mr-small mr-go' }, this.t('Show')))
    const repair = this.desk && repairOf(this.desk, each)
    return repair ? make('div', { className: 'mr-mend' }, told, this.mending(repair)) : told
  }

  mending ({ label, apply }) {
    return make('button', { type: 'button', className: 'btn btn-sm mr-mending', onclick: apply }, icon('wand'), make('bdi', {}, label))
  }

  goTo (id) {
    const element = this.modeler.get('elementRegistry').get(id)
    if (!element) return
    this.modeler.get('canvas').scrollToElement(element, { top: 120, bottom: 120, left: 240, right: 120 })
    this.modeler.get('selection')?.select(element)
    this.chosen?.(element)
  }

  mark () {
    const overlays = this.modeler.get('overlays')
    const registry = this.modeler.get('elementRegistry')
    overlays.remove({ type: 'problem' })
    const worst = new Map()
    for (const each of this.found) if (each.element && (!worst.get(each.element) || each.error)) worst.set(each.element, each)
    for (const [id, each] of worst) {
      if (!registry.get(id)) continue
      const flag = make('span', { className: `mr-flag ${each.error ? 'bad' : 'wait'}`, title: each.message }, icon(each.error ? 'x' : 'alert-triangle'))
      const flow = registry.get(id).waypoints
      overlays.add(id, 'problem', { position: flow ? { top: -9, left: -9 } : { top: -9, right: 9 }, html: flag })
    }
  }
}
