// The drawer: opened with its float, cash in and out, looked at (X), and closed by counting before anything is shown (Z).

import { format, parse } from '../numbers.js'
import { millionths } from '../pricing.js'
import { beside, close, onSend, open } from './asking.js'
import { uuid } from './cart.js'
import { all, el, many, one, t } from './dom.js'
import { allowed } from './overriding.js'
import { once } from './sending.js'
import { get, post } from './server.js'
import { counted } from './tendering.js'

export class Drawer {
  #desk
  #refresh

  constructor (desk, refresh) {
    this.#desk = desk
    this.#refresh = refresh
    onSend('open', (form) => this.#open(form))
    onSend('cash', (form) => this.#cash(form))
    onSend('close', (form) => this.#close(form))
    for (const name of ['open', 'close']) one(`#${name} [data-counts]`).addEventListener('input', () => this.#sum(name))
    one('#z').addEventListener('close', () => this.#refresh())
  }

  /** Asks for the float: nothing is sold before. */
  begin () {
    this.#counts('open')
    open('open')
    this.#counts('open')
  }

  cash () {
    open('cash')
  }

  /** The figures until now, which change nothing. */
  async look () {
    const told = await get('sessions/current/x')
    open('x')
    figures(one('#x [data-figures]'), told, this.#desk)
  }

  /** Counts; what should be there is told afterwards. */
  end () {
    open('close')
    this.#counts('close')
    one('#close [data-others]').replaceChildren(...this.#desk.state.tenders.filter(({ kind }) => !['cash', 'account'].includes(kind)).map(({ kind, label }) =>
      el('div', { class: 'mr-field' }, el('label', { class: 'form-label', for: `c-${kind}` }, label),
        el('input', { class: 'form-control mr-tnum', id: `c-${kind}`, name: `tenders-${kind}`, inputmode: 'decimal', autocomplete: 'off', dir: 'ltr' }))))
  }

  #counts (name) {
    const rows = this.#desk.state.denominations.map((worth) => el('div', { class: 'mr-till-count' },
      el('label', { for: `${name}-${worth}`, class: 'mr-tnum' }, format(millionths(worth), worth.includes('.') ? this.#desk.places : 0)), el('span', { class: 'mr-mute', 'aria-hidden': 'true' }, '×'),
      el('input', { class: 'form-control mr-tnum', id: `${name}-${worth}`, 'data-worth': worth, inputmode: 'numeric', pattern: '[0-9۰-۹٠-٩]*', autocomplete: 'off', maxlength: 6, dir: 'ltr' })))
    one(`#${name} [data-counts]`).replaceChildren(...rows)
    one(`#${name} [data-counts] input`)?.focus()
    this.#sum(name)
  }

  #counted (name) {
    const found = {}
    for (const input of all(`#${name} [data-worth]`)) {
      const value = parse(input.value)
      if (value !== null && value > 0n && value % 1000000n === 0n) found[input.dataset.worth] = Number(value / 1000000n)
    }
    return found
  }

  #sum (name) {
    one(`#${name} [data-sum]`).textContent = `${this.#desk.state.company.currency} ${format(counted(this.#counted(name)), this.#desk.places)}`
  }

  async #open () {
    await post('sessions', { float: this.#counted('open') })
    close('open')
    await this.#refresh()
  }

  async #cash (form) {
    const direction = form.elements.direction.value
    const amount = parse(form.elements.amount.value)
    if (amount === null) return beside(form, 'amount', t('This is no number.'))
    const body = { uuid: uuid(), direction, amount: this.#desk.amount(amount), reason: form.elements.reason.value.trim() }
    if (direction === 'out') {
      const found = await allowed('cash_out', t('Take {amount} out of the drawer', { amount: format(amount, this.#desk.places) }))
      if (!found) return
      body.override = found.token
    }
    await once(this.#desk, 'sessions/current/cash', body, () => this.#desk.kept())
    close('cash')
  }

  async #close (form) {
    const tenders = {}
    for (const input of all('[data-others] input', form)) {
      const value = parse(input.value)
      if (value === null) return beside(form, input.name, t('This is no number.'))
      tenders[input.name.replace('tenders-', '')] = this.#desk.amount(value)
    }
    const told = await post('sessions/current/close', { counted: this.#counted('close'), tenders })
    close('close')
    open('z')
    one('[data-z-number]').textContent = told.number
    figures(one('#z [data-figures]'), told, this.#desk)
  }
}

/** What a session came to, in words and numbers; a Z says too what should have been there. */
function figures (list, told, desk) {
  const money = (value) => format(millionths(value), desk.places)
  const paid = told.expected_by_kind || told.tenders
  const kinds = desk.state.tenders.map(({ kind, label }) => [label, paid[kind]])
  const sum = (count, amount) => `${many(millionths(String(count)))} · ${money(amount)}`
  const rows = [
    [t('Sales'), sum(told.sales, told.sold)], [t('Taken back'), sum(told.refunds, told.refunded)], [t('Total'), money(told.total)], [t('Tax'), money(told.tax)],
    ...kinds.filter(([, value]) => value).map(([label, value]) => [label, money(value)]),
    [t('Float'), money(told.float)], [t('Cash in'), money(told.cash_in)], [t('Cash out'), money(told.cash_out)],
    ...(told.expected === undefined ? [] : [[t('Cash that should be there'), money(told.expected)], [t('Counted'), money(told.counted)], [t('Difference'), money(told.difference)]])
  ]
  list.replaceChildren(...rows.map(([label, value]) => el('div', {}, el('dt', {}, label), el('dd', { class: 'mr-tnum' }, value))))
}
