// The server's word on a cart: asked where a customer may have prices of their own, and when a checkout differed.

import { millionths } from '../pricing.js'
import { asked } from './cart.js'
import { post } from './server.js'

const sum = (told) => ({
  lines: told.lines.map((line) => ({ amount: millionths(line.amount), gross: millionths(line.total), price: line.unit_price })),
  taxes: told.taxes.map((tax) => ({ tax, amount: millionths(tax.amount) })),
  ...Object.fromEntries(['discount', 'net', 'tax', 'total', 'rounding', 'payable'].map((name) => [name, millionths(told[name])]))
})

/** Asks what the cart comes to; dropped when it changed meanwhile. */
export async function priced (desk) {
  const { cart } = desk
  const cash = sum(await post('price', { ...asked(cart), cash: true }))
  if (desk.cart !== cart) return
  desk.priced = { cash, exact: { ...cash, rounding: 0n, payable: cash.total } }
  desk.draw()
}
