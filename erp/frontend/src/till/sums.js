// What a cart comes to while it is filled; the server says it again at checkout. Pure.

import { millionths, price } from '../pricing.js'

/** Sums of a cart by the catalogue's prices and the company's terms; cash has rules of its own, for the coins there are. */
export function sums (cart, catalogue, terms, places, rules = terms.rules) {
  const items = cart.lines.map((line) => item(line, catalogue, terms))
  return price(items, places, { discount: { percent: millionths(cart.discount), amount: 0n }, rules })
}

/** The price of one of a line, as text. */
export function unitPrice (line, catalogue) {
  if (line.price !== null) return line.price
  const product = catalogue.get(line.product)
  return product ? catalogue.price(product, line.quantity) : '0'
}

function item (line, catalogue, terms) {
  const category = catalogue.get(line.product)?.tax_category_id
  return {
    quantity: millionths(line.quantity),
    unit_price: millionths(unitPrice(line, catalogue)),
    discount: millionths(line.discount),
    discount_amount: 0n,
    taxes: (category && terms.choices[category]) || terms.taxes
  }
}
