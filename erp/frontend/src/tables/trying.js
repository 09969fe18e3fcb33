// Rows of typed values the table is tried with; what comes of them is worked out by the engine that runs the process.

import { icon, make } from '../studio/dom.js'

export class Trying {
  constructor (place, { t, edits, changed, chosen }) {
    Object.assign(this, { place, t, edits, changed, chosen })
    this.rows = []
    this.shape = ''
    this.current = 0
  }

  // Which rules the chosen row fits and which decide.
  lit () {
    return this.found?.[this.current]
  }

  // Boxes are made anew only when the table asks something else: nobody loses the place they type at.
  show ({ questions, outputs, rows, trials, problem }) {
    if (problem) return
    const shape = JSON.stringify([questions, outputs, rows.length])
    this.found = trials
    if (shape !== this.shape) {
      Object.assign(this, { shape, questions, outputs, rows })
      this.current = Math.min(this.current, Math.max(0, rows.length - 1))
      this.draw()
    }
    this.tell()
  }

  draw () {
    const { t, questions, outputs, edits } = this
    const head = (text, more = {}) => make('th', { scope: 'col', ...more }, text)
    const table = make('table', { className: 'mr-grid' },
      make('thead', {}, make('tr', {},
        head(t('Row')), ...questions.map((each) => head(make('bdi', {}, each.label))),
        ...outputs.map((each) => head(make('bdi', {}, '→ ', each))), head(t('Rules')), edits && head(make('span', { className: 'visually-hidden' }, t('Remove this row'))))),
      make('tbody', {}, ...this.rows.map((row, at) => this.row(row, at))))
    this.place.replaceChildren(
      make('header', {}, make('h2', { id: 'try-title' }, t('Try it')), make('span', { className: 'mr-small mr-mute mr-grow' }, t('Type what is asked; the rules that fit light up.')),
        edits && make('button', { type: 'button', className: 'btn btn-sm', 'data-add-row': true, onclick: () => this.add() }, icon('plus'), t('Add a row'))),
      questions.length > 0 ? make('div', { className: 'mr-scroll', tabindex: '0', role: 'region', 'aria-labelledby': 'try-title' }, table) : make('p', { className: 'mr-hint' }, t('Nothing to try yet: the table asks nothing.')))
  }

  row (row, at) {
    const { t, questions, outputs, edits } = this
    const choose = () => { this.current = at; this.tell() }
    return make('tr', { onfocusin: choose, onclick: choose },
      make('th', { scope: 'row', className: 'mr-tnum' }, (at + 1).toLocaleString(document.documentElement.lang)),
      ...questions.map((each) => make('td', {}, this.control(each, row, at))),
      ...outputs.map((_each, place) => make('td', { 'data-output': place, dir: 'auto' })),
      make('td', { 'data-rules': true, 'aria-live': 'polite' }),
      edits && make('td', {}, make('button', { type: 'button', className: 'btn btn-sm mr-btn-quiet', 'aria-label': t('Remove this row'), title: t('Remove this row'), onclick: () => this.remove(at) }, icon('x'))))
  }

  control (question, row, at) {
    const { t } = this
    const said = `${t('Row')} ${at + 1}, ${question.label}`
    const given = question.choices.length ? question.choices.map((value) => [value, value]) : question.type === 'boolean' ? [['true', t('yes')], ['false', t('no')]] : null
    const control = given
      ? make('select', { className: 'form-select' }, make('option', { value: '' }, '–'), ...given.map(([value, label]) => make('option', { value }, label)))
      : make('input', { className: 'form-control', type: question.type === 'date' ? 'date' : 'text', autocomplete: 'off', inputmode: question.type === 'number' ? 'decimal' : undefined, dir: 'auto' })
    control.setAttribute('aria-label', said)
    control.dataset.question = question.key
    control.value = row[question.key] ?? ''
    control.disabled = !this.edits
    control.addEventListener('input', () => {
      if (control.value) row[question.key] = control.value
      else delete row[question.key]
      this.changed(this.rows)
    })
    return control
  }

  add () {
    this.rows = [...this.rows, { ...this.rows.at(-1) }]
    this.current = this.rows.length - 1
    this.again()
    this.place.querySelector('tbody tr:last-child :is(input, select)')?.focus()
  }

  remove (at) {
    this.rows = this.rows.filter((_row, place) => place !== at)
    this.current = 0
    this.again()
    this.place.querySelector('[data-add-row]').focus()
  }

  again () {
    this.found = []
    this.shape = JSON.stringify([this.questions, this.outputs, this.rows.length])
    this.draw()
    this.changed(this.rows)
  }

  // What it answers, and what the version that runs answers where that is something else.
  answer (cell, { outputs, before }) {
    const at = cell.dataset.output
    const was = before && before[at] !== outputs[at] && make('span', { className: 'mr-small mr-before' }, this.t('before: {value}').replace('{value}', before[at] ?? '–'))
    cell.replaceChildren(...[outputs[at] ?? '', was].filter(Boolean))
  }

  goTo (at) {
    this.current = at
    this.place.querySelectorAll('tbody tr')[at]?.querySelector('input, select, button')?.focus()
    this.tell()
  }

  tell () {
    const { t } = this
    for (const [at, line] of [...this.place.querySelectorAll('tbody tr')].entries()) {
      const trial = this.found?.[at]
      line.toggleAttribute('data-current', at === this.current)
      if (!trial) continue
      for (const cell of line.querySelectorAll('[data-output]')) this.answer(cell, trial)
      line.querySelector('[data-rules]').replaceChildren(trial.error
        ? make('span', { className: 'mr-err' }, icon('alert-circle'), make('span', {}, trial.error))
        : trial.unmatched ? make('span', { className: 'mr-late' }, t('no rule fits')) : trial.default ? t('otherwise') : trial.deciding.join(', '))
    }
    this.chosen()
  }
}
