// What comes back: the receipt is scanned, the lines are chosen, the money goes back the way it came. Without a receipt
// what stands in the cart and what is scanned now comes back at its price of today, if somebody else allows it.

import { format, parse } from '../numbers.js'
import { millionths } from '../pricing.js'
import { add, asked, empty, uuid } from './cart.js'
import { beside, clear, idle, onSend, open, teller, work } from './asking.js'
import { all, el, lotOf, many, one, t } from './dom.js'
import { allowed } from './overriding.js'
import { hasMore, oneMore } from './returned.js'
import { get } from './server.js'
import { once } from './sending.js'

/** In place of a receipt: what stands in the cart. */
const WITHOUT = { sale: null, lines: [], tenders: [] }

export class Returns {
  #desk
  #lots
  #after
  #sale = null
  #tell = teller('return', 'code')

  constructor (desk, lots, after) {
    this.#desk = desk
    this.#lots = lots
    this.#after = after
    onSend('return', (form) => this.#next(form))
    one('[data-returned]').addEventListener('click', (event) => this.#all(event))
    one('[data-return-cart]').addEventListener('click', () => this.ask('', WITHOUT))
  }

  /** Which receipt; or without one, what comes back. */
  ask (code = '', sale = null) {
    this.#sale = sale
    open('return').elements.code.value = code
    this.#draw()
    if (!code) return
    one('#return form').requestSubmit()
    return idle('return')
  }

  /** A code that was scanned while goods come back: of this receipt one more of what it is, else another receipt. */
  scanned (code) {
    if (this.#sale === WITHOUT) return work('return', () => this.#bring(code))
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
    this.#sale = await get(`receipts/${encodeURIComponent(code.trim())}`)
    this.#draw()
    one('[data-returned] input:enabled')?.focus()
    const piece = this.#line(code.trim())
    if (piece) this.#more(piece)
  }

  #next (form) {
    const code = form.elements.code.value
    if (this.#sale === WITHOUT) return code.trim() ? this.#bring(code.trim()) : this.#sendCart(form)
    return this.#sale ? this.#send(form) : this.find(code)
  }

  /** Without a receipt: one more thing comes back, whether any of it lies here or not. */
  async #bring (code) {
    one('#return form').elements.code.value = ''
    const product = this.#desk.catalogue.byCode(code)
    const how = { isBack: true, say: this.#tell }
    if (product?.tracking) return this.#lots.take(product, '1', how)
    if (product) return this.#desk.change(add(this.#desk.cart, product))
    if (!await this.#lots.find(code, '1', how)) this.#tell(t('Nothing is called “{words}”, and it is no code of ours.', { words: code }))
  }

  /** Says what comes back without a receipt as the cart now stands. */
  follow () {
    if (this.#sale === WITHOUT) one('[data-return-title]').textContent = this.#goods()
  }

  #draw () {
    const sale = this.#sale
    one('[data-return-found]').hidden = !sale
    one('[data-return-cart]').hidden = Boolean(sale)
    one('[for=return-code]').textContent = sale === WITHOUT ? t('What comes back') : t('Receipt')
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
    if (!cart.lines.length) return t('Scan what comes back.')
    const names = cart.lines.map((line) => `${many(millionths(line.quantity))} × ${line.name}`).join(', ')
    return `${names}: ${state.company.currency} ${format(this.#desk.sums(false).payable, places)}`
  }

  async #sendCart (form) {
    if (!this.#desk.cart.lines.length) return this.#tell(t('Scan what comes back.'))
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
