// What the server says of the table: what is wrong in which cell, what it leaves open, which rules are in each other's way.

import { icon, make, section } from '../studio/dom.js'

export class Found {
  constructor (place, { t, edits, goTo, addRule, goToRow }) {
    Object.assign(this, { place, t, edits, goTo, addRule, goToRow })
  }

  // complaints: [{ decision, rule, place, message, where }]
  draw ({ problem, complaints, findings, unseen, trials }) {
    const { t } = this
    const loud = findings.filter((each) => !each.quiet)
    const quiet = findings.filter((each) => each.quiet)
    const errors = complaints.length + (problem ? 1 : 0)
    const warnings = loud.length
    const badge = (count, kind, one, many) => count > 0 && make('span', { className: `mr-state ${kind}` }, `${count.toLocaleString(document.documentElement.lang)} ${count === 1 ? one : many}`)
    this.place.replaceChildren(...[
      make('header', { className: 'mr-row-x' }, make('h2', { className: 'mr-grow', tabindex: '-1' }, t('Checks')),
        badge(errors, 'bad', t('error'), t('errors')),
        badge(warnings, 'wait', t('warning'), t('warnings')),
        errors + warnings === 0 && make('span', { className: 'mr-state good' }, t('Nothing found'))),
      errors > 0 && section('', problem && this.line({ message: problem, bad: true }), ...complaints.map((each) => this.cell(each))),
      !problem && section(t('What it leaves open'),
        ...loud.map((each) => this.finding(each)),
        loud.length + unseen.length === 0 && make('p', { className: 'mr-hint' }, t('Everything has an answer')),
        ...unseen.map((each) => make('p', { className: 'mr-hint' }, each))),
      this.tried(trials),
      quiet.length > 0 && make('section', {}, make('details', {}, make('summary', {}, t('When something is missing')), ...quiet.map((each) => this.finding(each))))
    ].filter(Boolean))
  }

  // Rows it is tried with that get no answer, and those the version that runs answers otherwise.
  tried (trials) {
    const { t } = this
    const line = (at, bad, text) => make('button', { type: 'button', className: `mr-remark ${bad ? 'bad' : 'wait'}`, onclick: () => this.goToRow(at) },
      icon(bad ? 'circle-x' : 'alert-triangle'), make('span', { className: 'mr-grow' }, make('b', {}, `${t('Row')} ${(at + 1).toLocaleString(document.documentElement.lang)}: `), make('bdi', {}, text)))
    const lines = trials.map((each, at) => {
      if (each.error || each.unmatched) return line(at, true, each.error || t('no rule fits'))
      return each.before && line(at, false, t('{before} before, {now} now').replace('{before}', each.before.join(', ') || '–').replace('{now}', each.outputs.join(', ')))
    }).filter(Boolean)
    return lines.length > 0 && section(t('Rows it is tried with'), ...lines)
  }

  line ({ message, bad }, ...more) {
    return make('div', { className: `mr-remark ${bad ? 'bad' : 'wait'}` }, icon(bad ? 'circle-x' : 'alert-triangle'), make('span', { className: 'mr-grow' }, message), ...more)
  }

  cell (each) {
    return make('button', { type: 'button', className: 'mr-remark bad', onclick: () => this.goTo(each) },
      icon('circle-x'), make('span', { className: 'mr-grow' }, make('b', {}, make('bdi', {}, each.where), ': '), each.message))
  }

  finding (each) {
    if (each.rules.length > 0) {
      return make('button', { type: 'button', className: `mr-remark ${each.bad ? 'bad' : 'wait'}`, onclick: () => this.goTo({ rule: each.rules[0], place: 0 }) },
        icon(each.bad ? 'circle-x' : 'alert-triangle'), make('span', { className: 'mr-grow' }, each.message), make('span', { className: 'mr-small mr-go' }, this.t('Show')))
    }
    return make('div', {}, this.line(each),
      this.edits && make('button', { type: 'button', className: 'btn btn-sm mr-fill', onclick: () => this.addRule(each.cells) }, icon('plus'), this.t('Add a rule for it')))
  }
}
