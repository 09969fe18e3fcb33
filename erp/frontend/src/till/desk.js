// What the page knows now, and the one way it changes: a change is kept on the disk and drawn.

import { millionths, plain, terms } from '../pricing.js'
import * as carts from './cart.js'
import { sums } from './sums.js'

export class Desk {
  state = null
  catalogue = null
  cart = carts.empty()
  pending = null
  last = null
  tender = 'cash'
  priced = null
  #keep = null
  #draw

  constructor (draw) {
    this.#draw = draw
  }

  /** Takes what the server says of till, cashier, session and company. */
  told (state) {
    this.state = { ...state, terms: terms(state.taxes), notes: state.denominations.map(millionths) }
    this.state.coins = { ...this.state.terms.rules, mode: state.company.mode, step: millionths(state.company.cash_step) }
    if (!state.tenders.some((each) => each.kind === this.tender)) this.tender = state.tenders[0]?.kind || 'cash'
    this.draw()
  }

  /** What an earlier page of this till left, from `keep`, where every change goes from now on. */
  async found (keep) {
    this.#keep = keep
    const kept = await keep.get()
    if (kept) Object.assign(this, { cart: kept.cart, pending: kept.pending, last: kept.last })
  }

  /** Another cart, drawn at once; the promise is done when it is on the disk. */
  change (cart, more = {}) {
    Object.assign(this, more, { cart, priced: null })
    this.draw()
    return this.kept()
  }

  kept () {
    const { cart, pending, last } = this
    return this.#keep ? this.#keep.put({ cart, pending, last }) : Promise.resolve()
  }

  draw () {
    this.#draw(this)
  }

  get places () {
    return this.state.company.places
  }

  /** What the cart comes to; `cash` in the coins there are. What the server said of this very cart counts more. */
  sums (cash = this.tender === 'cash') {
    if (this.priced) return this.priced[cash ? 'cash' : 'exact']
    return sums(this.cart, this.catalogue, this.state.terms, this.places, cash ? this.state.coins : undefined)
  }

  /** An amount as the server reads it. */
  amount = (value) => plain(value)
}
