// Taking money: one tender or several, notes that are offered, change, and the receipt.

import { format, parse } from '../numbers.js'
import { allow, asked, empty, refused } from './cart.js'
import { beside, clear, close, onSend, open, tell } from './asking.js'
import { all, el, icon, one, t } from './dom.js'
import { allowed } from './overriding.js'
import { priced } from './pricing.js'
import { print } from './printing.js'
import { once, settle } from './sending.js'
import { left, likely, taken } from './tendering.js'

export class Paying {
  #desk
  #given = []
  #say

  constructor (desk, say) {
    this.#desk = desk
    this.#say = say
    onSend('pay', (form) => this.#take(form))
    this.#form.addEventListener('change', (event) => event.target.name === 'kind' && this.#choose(event.target.value))
    this.#form.elements.amount.addEventListener('input', () => this.#label())
    this.#form.elements.amount.addEventListener('keydown', (event) => this.#walk(event))
    one('[data-likely]').addEventListener('click', (event) => this.#offered(event))
    one('[data-given]').addEventListener('click', (event) => this.#back(event))
    one('#paid').addEventListener('click', (event) => event.target.closest('[data-print]') && print(desk.last.receipt_url, say))
  }

  get #form () {
    return one('#pay form')
  }

  /** Opens the dialog for the cart as it is. */
  start (kind = this.#desk.tender) {
    if (!this.#desk.cart.lines.length) return
    this.#given = []
    const form = open('pay')
    this.#kinds(kind)
    form.elements.email.value = this.#desk.cart.customer?.email || ''
    this.#draw()
  }

  #kinds (chosen) {
    one('[data-kinds]').replaceChildren(...this.#desk.state.tenders.map(({ kind, label }) => el('label', { class: 'mr-till-kind' },
      el('input', { type: 'radio', name: 'kind', value: kind, checked: kind === chosen }), el('span', {}, label))))
  }

  get #kind () {
    return this.#form.elements.kind.value
  }

  get #cash () {
    return [...this.#given, { kind: this.#kind }].every((tender) => tender.kind === 'cash')
  }

  get #left () {
    return left(this.#desk.sums(this.#cash).payable, this.#given)
  }

  #choose (kind) {
    this.#desk.tender = kind
    this.#desk.draw()
    clear(this.#form)
    this.#draw()
  }

  #draw () {
    const [form, rest, places] = [this.#form, this.#left, this.#desk.places]
    const cash = this.#kind === 'cash'
    one('[data-due]').textContent = `${this.#desk.state.company.currency} ${format(rest, places)}`
    one('[data-due-label]').textContent = this.#given.length ? t('Left to pay') : t('To pay')
    one('[data-given]').replaceChildren(...this.#given.map((tender, place) => el('li', {}, el('span', { class: 'mr-grow' }, this.#name(tender.kind)),
      el('b', { class: 'mr-tnum' }, format(tender.amount, places)),
      el('button', { type: 'button', class: 'btn mr-touch mr-btn-quiet', 'data-back': String(place), 'aria-label': t('Take back {name}', { name: this.#name(tender.kind) }) }, icon('x')))))
    one('[data-amount-label]').textContent = cash ? t('Handed over') : t('Amount')
    one('[data-reference]').hidden = cash
    const offers = cash ? likely(rest, this.#desk.state.notes) : []
    one('[data-likely]').replaceChildren(...offers.map((value) => el('button', { type: 'button', class: 'btn mr-touch mr-tnum', 'data-worth': String(value) }, format(value, places))))
    this.#put(rest)
    form.elements.amount.focus()
    form.elements.amount.select()
  }

  #name (kind) {
    return this.#desk.state.tenders.find((each) => each.kind === kind)?.label || kind
  }

  #put (value) {
    const input = this.#form.elements.amount
    input.value = format(value, this.#desk.places)
    input.dataset.fresh = '1'
    this.#label()
  }

  #label () {
    const [rest, places] = [this.#left, this.#desk.places]
    const amount = parse(this.#form.elements.amount.value) ?? 0n
    one('[data-take]').textContent = amount < rest ? t('Take {amount}, {left} left', { amount: format(amount, places), left: format(rest - amount, places) }) : t('Take payment')
    one('[data-change]').textContent = amount > rest && this.#kind === 'cash' ? t('Change {amount}', { amount: format(amount - rest, places) }) : ''
  }

  /** The arrow keys go through what people are likely to hand over. */
  #walk (event) {
    const offers = all('[data-worth]', one('[data-likely]')).map((button) => BigInt(button.dataset.worth))
    if (!['ArrowUp', 'ArrowDown'].includes(event.key) || !offers.length) return
    event.preventDefault()
    const at = offers.indexOf(parse(event.target.value))
    this.#put(offers[(at + (event.key === 'ArrowDown' ? 1 : -1) + offers.length) % offers.length])
    event.target.select()
  }

  #offered (event) {
    const button = event.target.closest('[data-worth]')
    if (!button) return
    this.#put(BigInt(button.dataset.worth))
    this.#form.requestSubmit()
  }

  #back (event) {
    const button = event.target.closest('[data-back]')
    if (!button) return
    this.#given.splice(Number(button.dataset.back), 1)
    this.#draw()
  }

  async #take (form) {
    const amount = parse(form.elements.amount.value)
    if (amount === null) return beside(form, 'amount', t('This is no number.'))
    const found = taken(this.#kind, amount, this.#left, form.elements.reference.value.trim())
    if (!found) return beside(form, 'amount', amount > 0n ? t('Only of cash more may be handed over than is left.') : t('This must be more than 0.'))
    this.#given.push(found.tender)
    if (this.#left > 0n) return this.#draw()
    await this.#finish(form)
  }

  async #finish (form) {
    const { cart } = this.#desk
    const body = {
      uuid: cart.uuid,
      ...asked(cart),
      tenders: this.#given.map(({ kind, amount, tendered, reference }) => ({
        kind, amount: this.#desk.amount(amount), ...(kind === 'cash' ? { tendered: this.#desk.amount(tendered) } : {}), reference
      })),
      receipt: form.elements.receipt.value,
      email: form.elements.email.value.trim()
    }
    try {
      await once(this.#desk, 'checkout', body, (answer) => this.#done(answer, body.receipt))
    } catch (error) {
      if (error.code === 'override_needed' && await this.#allowed(error)) return this.#finish(form)
      this.#given.pop()
      await this.#refused(error, form)
    }
  }

  /** Somebody else types their PIN for each kind the server names; false when nobody does. */
  async #allowed (error) {
    for (const kind of error.detail.kinds) {
      const found = await allowed(kind, Object.values(error.fields).join(' '))
      if (!found) return false
      await this.#desk.change(allow(this.#desk.cart, kind, found))
    }
    return true
  }

  /** Sends what a power cut left unanswered. */
  async resume () {
    const { path, body } = this.#desk.pending
    const after = {
      checkout: (answer) => this.#done(answer, body.receipt),
      returns: (answer) => this.returned(answer)
    }
    try {
      await settle(this.#desk, after[path] || (() => this.#booked()))
    } catch (error) {
      await this.#refused(error, null)
    }
  }

  /** Cash that went in or out before the page was loaded anew. */
  async #booked () {
    await this.#desk.kept()
    this.#say(t('The cash you put in or took out before is booked. Do not type it anew.'))
  }

  async #refused (error, form) {
    const fields = error.fields || {}
    const lines = Object.keys(fields).some((name) => name.startsWith('lines-'))
    if (lines) {
      close('pay')
      await this.#desk.change(refused(this.#desk.cart, fields))
      return this.#say(error)
    }
    if (fields.tenders) await priced(this.#desk)
    if (!form) return this.#say(error)
    this.#draw()
    tell(form, error)
  }

  async #done (answer, receipt) {
    close('pay')
    // the next one pays as most do, not as this one did
    await this.#desk.change(empty(), { last: answer, tender: this.#desk.state.tenders[0].kind })
    this.show(answer, t('Change'), answer.change)
    if (receipt === 'print') print(answer.receipt_url, this.#say)
  }

  /** What came of a return. */
  async returned (answer) {
    close('return')
    this.#desk.last = answer
    await this.#desk.kept()
    this.show(answer, t('Give back'), answer.total)
  }

  /** The end of a sale: how much goes back to whom, until the next one begins. */
  show (answer, label, amount) {
    open('paid')
    one('[data-paid-label]').textContent = label
    one('[data-paid-amount]').textContent = `${this.#desk.state.company.currency} ${format(parse(String(amount)) ?? 0n, this.#desk.places)}`
    one('[data-paid-number]').textContent = answer.number
    one('#paid [data-print]').hidden = !answer.receipt_url
  }
}
