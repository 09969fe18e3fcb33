// What comes back: the receipt is scanned, the lines are chosen, the money goes back the way it came. Without a receipt
// what stands in the cart comes back at its price of today, if somebody else allows it.

import { format, parse } from '../numbers.js'
import { millionths } from '../pricing.js'
import { asked, empty, uuid } from './cart.js'
import { beside, clear, idle, onSend, open } from './asking.js'
import { all, el, lotOf, many, one, t } from './dom.js'
import { allowed } from './overriding.js'
import { hasMore, oneMore } from './returned.js'
import { get } from './server.js'
import { once } from './sending.js'

/** In place of a receipt: what stands in the cart. */
const WITHOUT = { sale: null, lines: [], tenders: [] }

export class Returns {
  #desk
  #after
  #sale = null

  constructor (desk, after) {
    this.#desk = desk
    this.#after = after
    onSend('return', (form) => this.#next(form))
    one('[data-returned]').addEventListener('click', (event) => this.#all(event))
    one('[data-return-cart]').addEventListener('click', () => this.#begin(WITHOUT))
  }

  ask (code = '') {
    this.#sale = null
    open('return').elements.code.value = code
    this.#draw()
    if (!code) return
    one('#return form').requestSubmit()
    return idle('return')
  }

  /** A code that was scanned while goods come back: of this receipt one more of what it is, else another receipt. */
  scanned (code) {
    const line = this.#line(code)
    if (line) return this.#more(line)
    const product = this.#sale?.lines.length && this.#desk.catalogue.byCode(code)
    if (!product) return this.ask(code)
    const form = one('#return form')
    clear(form)
    beside(form, 'code', t('No more of {name} can come back with this receipt.', { name: product.name }))
  }

  /** The line of a lot or piece with this number, or of a product with this code, of which more can come back. */
  #line (code) {
    const lines = this.#sale?.lines || []
    const product = this.#desk.catalogue.byCode(code)
    const same = lines.filter((line) => product && line.product_id === product.id)
    const found = [...lines.filter((line) => line.lot && line.lot.toUpperCase() === code.toUpperCase()), ...same.filter((line) => !line.lot || same.length === 1)]
    return found.find((line) => hasMore(this.#input(line).value, millionths(line.left)))
  }

  #input = (line) => one(`#r-${line.sale_line_id}`)

  #more (line) {
    const input = this.#input(line)
    const count = oneMore(input.value)
    clear(input.form)
    if (count === null) beside(input.form, input.name, t('This is no number.'))
    else input.value = many(count)
    input.focus()
  }

  /** The receipt with this number and what of it can still come back. */
  async find (code) {
    const form = one('#return form')
    if (!code.trim()) return beside(form, 'code', t('Scan the receipt or type its number.'))
    this.#begin(await get(`receipts/${encodeURIComponent(code.trim())}`))
    one('[data-returned] input:enabled')?.focus()
    const piece = this.#line(code.trim())
    if (piece) this.#more(piece)
  }

  #next (form) {
    if (this.#sale === WITHOUT) return this.#sendCart(form)
    return this.#sale ? this.#send(form) : this.find(form.elements.code.value)
  }

  #begin (sale) {
    this.#sale = sale
    this.#draw()
  }

  #draw () {
    const sale = this.#sale
    one('[data-return-found]').hidden = !sale
    one('[data-return-cart]').hidden = Boolean(sale) || !this.#desk.cart.lines.length
    one('[data-return-send]').textContent = sale ? t('Take back') : t('Find')
    if (!sale) return one('[data-returned]').replaceChildren()
    one('[data-return-title]').textContent = sale === WITHOUT ? this.#goods() : `${sale.number}, ${sale.sold}`
    one('[data-returned]').replaceChildren(...sale.lines.map((line) => this.#row(line)))
    one('[data-return-tenders]').replaceChildren(...this.#kinds().map(({ kind, label }) => el('option', { value: kind }, label)))
  }

  /** What it was paid with comes first. */
  #kinds () {
    const paid = this.#sale.tenders.map((tender) => tender.kind)
    return [...this.#desk.state.tenders].sort((one, other) => paid.includes(other.kind) - paid.includes(one.kind))
  }

  #row (line) {
    const left = millionths(line.left)
    const id = `r-${line.sale_line_id}`
    return el('li', {},
      el('label', { for: id, class: 'mr-grow' }, el('bdi', {}, line.description), el('span', { class: 'mr-small mr-mute mr-block' }, lotOf(line),
        t('{left} of {quantity}, {price} each', { left: many(left), quantity: many(millionths(line.quantity)), price: format(millionths(line.unit_price), this.#desk.places) }))),
      el('input', { id, class: 'form-control mr-tnum', name: `line-${line.sale_line_id}`, 'data-sold': line.sale_line_id, inputmode: 'decimal', autocomplete: 'off', dir: 'ltr', disabled: left <= 0n, placeholder: '0' }),
      el('button', { type: 'button', class: 'btn mr-touch', 'data-all': line.left, disabled: left <= 0n }, t('All')))
  }

  #all (event) {
    const button = event.target.closest('[data-all]')
    if (button) one('input', button.parentElement).value = many(millionths(button.dataset.all))
  }

  /** What stands in the cart, and what it costs today. */
  #goods () {
    const { cart, state, places } = this.#desk
    const names = cart.lines.map((line) => `${many(millionths(line.quantity))} × ${line.name}`).join(', ')
    return `${names}: ${state.company.currency} ${format(this.#desk.sums(false).payable, places)}`
  }

  async #sendCart (form) {
    const found = await allowed('return', this.#goods())
    if (!found) return
    const { lines, ...cart } = asked(this.#desk.cart)
    const told = { reason: form.elements.reason.value, condition: form.elements.condition.value }
    const body = { ...cart, uuid: uuid(), lines: lines.map((line) => ({ ...line, ...told })), override: [cart.override, found.token].filter(Boolean).join(' '), tenders: [{ kind: form.elements.tender.value }] }
    await once(this.#desk, 'returns', body, async (answer) => {
      await this.#desk.change(empty())
      await this.#after(answer)
    })
  }

  async #send (form) {
    const lines = []
    for (const input of all('[data-sold]', form)) {
      const quantity = parse(input.value)
      if (quantity === null) return beside(form, input.name, t('This is no number.'))
      if (quantity > 0n) lines.push({ sale_line_id: Number(input.dataset.sold), quantity: this.#desk.amount(quantity), reason: form.elements.reason.value, condition: form.elements.condition.value })
    }
    if (!lines.length) return beside(form, `line-${this.#sale.lines[0]?.sale_line_id}`, t('Say how many come back.'))
    const body = { uuid: uuid(), sale_id: this.#sale.sale, lines, tenders: [{ kind: form.elements.tender.value }] }
    await once(this.#desk, 'returns', body, this.#after)
  }
}
