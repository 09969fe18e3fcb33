// What a customer is about to buy. Every change gives a new cart of plain values, which is what is kept. Pure.

import { millionths, plain } from '../pricing.js'

/** A uuid, also where the page came without TLS and the browser offers none. */
export function uuid (random = crypto) {
  const bytes = random.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6] & 0x0f) | 0x40
  bytes[8] = (bytes[8] & 0x3f) | 0x80
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** An empty cart; `uuid` is what makes its checkout happen once. */
export const empty = (id = uuid()) => ({ uuid: id, lines: [], customer: null, discount: '0', allowed: [], at: 0, next: 1 })

const changed = (cart, key, values) => ({ ...cart, at: key, lines: cart.lines.map((line) => line.key === key ? { ...line, ...values } : line) })

/** The sum of two quantities, as text. */
const added = (one, other) => plain(millionths(one) + millionths(other))

/** The line somebody is at. */
export const current = (cart) => cart.lines.find((line) => line.key === cart.at)

const alike = (line, product, lot) => line.product === product.id && line.lot?.id === lot?.id && line.price === null && line.discount === '0' && !line.overrides.length

/** Whether a lot or a piece stands in it. */
export const holds = (cart, lot) => cart.lines.some((line) => line.lot?.id === lot.id)

/** One more of a product or of a lot of it, on the line that already sells it at its own price. */
export function add (cart, product, quantity = '1', { lot, overrides = [] } = {}) {
  const found = !overrides.length && cart.lines.find((line) => alike(line, product, lot))
  if (found) return changed(cart, found.key, { quantity: added(found.quantity, quantity), wrong: undefined })
  const line = {
    key: cart.next, product: product.id, name: product.name, variant: product.variant || '',
    quantity, price: null, discount: '0', overrides, ...(lot ? { lot } : {})
  }
  return { ...cart, next: cart.next + 1, at: line.key, lines: [...cart.lines, line] }
}

/** Without a line; the one before it is gone to. */
export function remove (cart, key) {
  const place = cart.lines.findIndex((line) => line.key === key)
  const lines = cart.lines.filter((line) => line.key !== key)
  return { ...cart, lines, at: lines[Math.max(0, place - 1)]?.key || 0 }
}

/** So many of a line; none takes it away. */
export function setQuantity (cart, key, quantity) {
  return millionths(quantity) > 0n ? changed(cart, key, { quantity, wrong: undefined }) : remove(cart, key)
}

/** Percent off a line, with what somebody else allowed. */
export const setDiscount = (cart, key, discount, override) => changed(cart, key, { discount, ...allowed(cart, key, 'discount', override) })

/** Another price for one, with what somebody else allowed; null is the product's own again. */
export const setPrice = (cart, key, price, override) => changed(cart, key, { price, ...allowed(cart, key, 'price', override) })

/** With what somebody else allowed about the whole of it. */
export const allow = (cart, kind, override) => ({ ...cart, allowed: [...cart.allowed, { ...override, kind }] })

function allowed (cart, key, kind, override) {
  const others = cart.lines.find((line) => line.key === key).overrides.filter((each) => each.kind !== kind)
  return { overrides: override ? [...others, { ...override, kind }] : others, wrong: undefined }
}

/** At the line before or after. */
export function step (cart, by) {
  const place = cart.lines.findIndex((line) => line.key === cart.at)
  const next = cart.lines[Math.min(cart.lines.length - 1, Math.max(0, place + by))]
  return next ? { ...cart, at: next.key } : cart
}

/** With what the server says of its lines ({"lines-0-discount": "…"}) beside them. */
export function refused (cart, fields) {
  const lines = cart.lines.map((line, place) => {
    const found = Object.entries(fields).filter(([name]) => name.startsWith(`lines-${place}-`)).map(([, said]) => said)
    return { ...line, wrong: found.join(' ') || undefined }
  })
  return { ...cart, lines }
}

/** The cart as the server is asked about it; what was allowed last of each kind allows all of that kind. */
export function asked (cart) {
  const allowed = new Map([...cart.lines.flatMap((line) => line.overrides), ...cart.allowed].map((each) => [each.kind, each.token]))
  const tokens = [...allowed.values()]
  const lines = cart.lines.map((line, place) => ({
    product_id: line.product,
    quantity: line.quantity,
    discount: line.discount,
    ...(line.price === null ? {} : { unit_price: line.price }),
    ...(line.lot ? { lot_id: line.lot.id } : {}),
    ...(tokens[place] ? { override: tokens[place] } : {})
  }))
  const rest = tokens.slice(lines.length).join(' ')
  return { lines, discount: cart.discount, ...(rest ? { override: rest } : {}), ...(cart.customer ? { customer_id: cart.customer.id } : {}) }
}
