// Which lot, and which piece: asked where a product is followed, or found by the number that was scanned.

import * as carts from './cart.js'
import { close, onSend, open, teller, work } from './asking.js'
import { el, many, one, t } from './dom.js'
import { allowed } from './overriding.js'
import { get } from './server.js'
import { millionths } from '../pricing.js'

const same = (one, other) => one.toUpperCase() === other.trim().toUpperCase()

export class Lots {
  #desk
  #say
  #offered = []
  #quantity = '1'
  #isBack = false
  #tell = teller('lots', 'code')

  constructor (desk, say) {
    this.#desk = desk
    this.#say = say
    onSend('lots', (form) => this.#entered(form))
    one('#lots form').elements.code.addEventListener('input', () => this.#draw())
    one('[data-lots]').addEventListener('click', (event) => {
      const button = event.target.closest('[data-lot]')
      if (button) this.#put(this.#offered.find((lot) => lot.id === Number(button.dataset.lot)), this.#quantity, this.#tell).catch(this.#tell)
    })
  }

  get #form () {
    return one('#lots form')
  }

  /** Lots as the server finds them; of what comes back also those of which nothing lies here. */
  async #asked (query, patience) {
    return (await get(`lots?${query}${this.#isBack ? '&back=1' : ''}`, patience)).lots
  }

  /** Those with this number, of one product each. */
  #numbered = (code, patience) => this.#asked(`code=${encodeURIComponent(code)}`, patience)

  /** One of a product that is followed: which is asked, unless there is one lot only. `say` is told why none is taken. */
  async take (product, quantity = '1', { isBack = false, say = this.#say } = {}) {
    if (this.#isAsking()) return
    if (product.tracking === 'serial' && quantity !== '1') return say(t('Each {name} has a number of its own: scan one after another.', { name: product.name }))
    this.#isBack = isBack
    const lots = await this.#asked(`product_id=${product.id}`)
    const left = lots.filter((lot) => lot.kind !== 'serial' || !carts.holds(this.#desk.cart, lot))
    if (!left.length) return say(isBack ? t('No number of {name} is known that could come back.', { name: product.name }) : t('Nothing is left of {name} here.', { name: product.name }))
    if (left.length === 1 && product.tracking === 'lot') return this.#put(left[0], quantity, say)
    return this.#ask(product.name, left, quantity)
  }

  /** Takes what has this number; false where nothing has it. */
  async find (code, quantity = '1', { isBack = false, say = this.#say, patience } = {}) {
    if (!this.#desk.catalogue.isFollowed || !(isBack || /\d/.test(code))) return false
    if (this.#isAsking()) return true
    this.#isBack = isBack
    const known = (await this.#numbered(code, patience)).filter((lot) => this.#desk.catalogue.get(lot.product_id))
    if (known.length > 1) this.#ask(code, known, quantity)
    else if (known.length) this.#put(known[0], quantity, say).catch(say)
    return known.length > 0
  }

  /** Whether another one is asked for; that has to be answered first, and is said. */
  #isAsking () {
    const isAsking = one('#lots').open
    if (isAsking) this.#tell(t('First say which one this is.'))
    return isAsking
  }

  /** A number that was scanned while it is asked for: that one or none, never one that is merely like it. */
  scanned (code) {
    this.#form.elements.code.value = code
    this.#draw()
    return work('lots', async () => this.#choose(await this.#whole(code), t('{code} is none of these.', { code })))
  }

  #ask (title, lots, quantity) {
    this.#offered = lots
    this.#quantity = quantity
    open('lots')
    one('[data-lots-title]').textContent = title
    this.#draw()
  }

  get #shown () {
    const typed = this.#form.elements.code.value.trim().toUpperCase()
    return this.#offered.filter((lot) => lot.code.toUpperCase().includes(typed))
  }

  /** What Enter takes: the only one there is to choose, or of lots the first to go. */
  get #proposed () {
    const [first, ...others] = this.#shown
    return others.length && (first.kind === 'serial' || this.#form.elements.code.value) ? undefined : first
  }

  #draw () {
    const proposed = this.#proposed
    one('[data-lots]').replaceChildren(...this.#shown.map((lot) => el('li', {}, el('button', { type: 'button', class: lot === proposed ? 'btn mr-touch mr-till-first' : 'btn mr-touch', 'data-lot': lot.id },
      el('bdi', { class: 'mr-grow mr-strong' }, lot.code), el('span', { class: lot.is_expired ? 'mr-err' : 'mr-mute mr-small' }, this.#about(lot))))))
  }

  #about (lot) {
    const names = this.#offered.some((each) => each.product_id !== lot.product_id)
    return [names && this.#desk.catalogue.get(lot.product_id).name,
      lot.best_before && (lot.is_expired ? t('was best before {day}', { day: lot.best_before }) : t('best before {day}', { day: lot.best_before })),
      lot.kind === 'lot' && t('{count} left', { count: many(millionths(lot.left)) })].filter(Boolean).join(' · ')
  }

  /** Enter: the number that was typed, or what is proposed. */
  async #entered (form) {
    const code = form.elements.code.value.trim()
    const [shown, proposed] = [this.#shown, this.#proposed]
    const lot = code && await this.#whole(code)
    return this.#choose(lot || proposed, shown.length ? t('Which serial number?') : t('{code} is none of these.', { code }))
  }

  /** The one with this whole number, also where there are too many for it to be offered. */
  async #whole (code) {
    const isOffered = (lot) => this.#offered.some((each) => each.product_id === lot.product_id)
    return this.#offered.find((lot) => same(lot.code, code)) || (await this.#numbered(code)).find(isOffered)
  }

  #choose (lot, otherwise) {
    return lot ? this.#put(lot, this.#quantity, this.#tell) : this.#tell(otherwise)
  }

  /** Onto the cart, with somebody else's PIN where its day is over and it is sold; `refuse` is told why not. */
  async #put (lot, quantity, refuse) {
    const product = this.#desk.catalogue.get(lot.product_id)
    if (lot.wrong) return refuse(lot.wrong)
    if (lot.kind === 'serial' && carts.holds(this.#desk.cart, lot)) return refuse(t('{code} stands in the cart already.', { code: lot.code }))
    if (lot.kind === 'serial' && quantity !== '1') return refuse(t('Each {name} has a number of its own: scan one after another.', { name: product.name }))
    const isOver = lot.is_expired && !this.#isBack
    const found = isOver ? await allowed('expired', t('{name}, best before {day}', { name: product.name, day: lot.best_before })) : null
    if (isOver && !found) return
    close('lots')
    const { id, code, kind } = lot
    await this.#desk.change(carts.add(this.#desk.cart, product, quantity, { lot: { id, code, kind }, overrides: found ? [{ ...found, kind: 'expired' }] : [] }))
  }
}
