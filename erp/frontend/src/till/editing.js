// Changes of a line: quantity, discount and price, with somebody else's PIN where the cashier may not alone.

import { format } from '../numbers.js'
import { millionths, plain } from '../pricing.js'
import * as carts from './cart.js'
import { many, t } from './dom.js'
import { allowed } from './overriding.js'

const ONE = 1000000n
const HUNDRED = 100n * ONE

export class Editing {
  #desk
  #say
  #another

  /** `another` asks for one more piece of a product whose pieces have numbers. */
  constructor (desk, say, another) {
    this.#desk = desk
    this.#say = say
    this.#another = another
  }

  get #line () {
    return carts.current(this.#desk.cart)
  }

  /** One more or less. */
  by (step) {
    if (!this.#line) return
    if (step > 0n && this.#isPiece) return this.#another(this.#desk.catalogue.get(this.#line.product))
    return this.quantity(plain(millionths(this.#line.quantity) + step * ONE))
  }

  get #isPiece () {
    return this.#line.lot?.kind === 'serial'
  }

  quantity (value) {
    if (this.#line && this.#isPiece && millionths(value) > ONE) return this.#say(t('Each {name} has a number of its own: scan one after another.', { name: this.#line.name }))
    if (this.#line && value.includes('.') && !this.#desk.catalogue.get(this.#line.product)?.places) return this.#say(t('{name} is sold in whole pieces.', { name: this.#line.name }))
    if (this.#line) return this.#desk.change(carts.setQuantity(this.#desk.cart, this.#line.key, millionths(value) < 0n ? '0' : value))
  }

  remove () {
    if (this.#line) return this.#desk.change(carts.remove(this.#desk.cart, this.#line.key))
  }

  /** Percent off; above what a cashier may give, somebody else allows it. */
  async discount (percent) {
    const line = this.#line
    if (!line) return
    if (millionths(percent) > HUNDRED) return this.#say(t('A discount lies between 0 and 100 percent.'))
    const alone = millionths(percent) <= millionths(this.#desk.state.limits.discount_percent)
    const about = t('{discount} off {name}', { discount: `${many(millionths(percent))} %`, name: line.name })
    const found = alone ? undefined : await allowed('discount', about)
    if (found === null) return
    await this.#desk.change(carts.setDiscount(this.#desk.cart, line.key, percent, found))
  }

  /** Another price, which somebody else allows. */
  async price (price) {
    const line = this.#line
    if (!line) return
    const about = t('{name} for {price}', { name: line.name, price: format(millionths(price), this.#desk.places) })
    const found = await allowed('price', about)
    if (found) await this.#desk.change(carts.setPrice(this.#desk.cart, line.key, price, found))
  }
}
