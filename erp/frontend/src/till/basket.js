// The right of the page: customer, lines, sums, and what it is paid with.

import { format } from '../numbers.js'
import { millionths } from '../pricing.js'
import { el, icon, initials, lotOf, many, one, t } from './dom.js'
import { unitPrice } from './sums.js'

const ICONS = { cash: 'cash', card: 'credit-card', card_machine: 'credit-card', mpesa: 'device-mobile', bank: 'building-bank', account: 'user' }
const MINUS = '− '

/** Draws the cart; the line somebody is at is the one that is changed. */
export function basket (desk) {
  const found = desk.sums()
  customer(desk)
  one('[data-lines]').replaceChildren(...desk.cart.lines.map((line, place) => row(desk, line, found.lines[place])))
  one('[data-lines] [aria-current]')?.scrollIntoView({ block: 'nearest' })
  one('[data-none]').hidden = desk.cart.lines.length > 0
  totals(desk, found)
  tenders(desk)
}

const money = (desk, value) => format(value, desk.places)

function row (desk, line, sum) {
  const here = line.key === desk.cart.at
  const name = el('button', { type: 'button', class: 'mr-till-name', 'data-line': line.key, 'aria-current': here && 'true' },
    el('span', { class: 'q' }, `${many(millionths(line.quantity))}×`),
    el('span', { class: 'mr-grow' }, el('bdi', { class: 'mr-clip mr-block' }, [line.name, line.variant].filter(Boolean).join(' · ')), el('span', { class: 'mr-small mr-mute mr-block' }, lotOf({ lot: line.lot?.code }), deal(desk, line, sum))),
    el('b', { class: 'mr-tnum mr-strong' }, money(desk, sum.amount)))
  return el('li', { class: here ? 'mr-till-line on' : 'mr-till-line' }, name, here && steps(line), line.wrong && wrong(line.wrong))
}

const wrong = (said) => el('p', { class: 'mr-err', role: 'alert' }, icon('alert-circle'), el('span', {}, said))

function deal (desk, line, sum) {
  const price = format(millionths(sum.price || unitPrice(line, desk.catalogue)), desk.places)
  const parts = [line.quantity === '1' ? price : t('{price} each', { price })]
  if (line.discount !== '0') parts.push(t('{discount} off', { discount: `${many(millionths(line.discount))} %` }))
  for (const each of line.overrides) parts.push(t('allowed by {name}', { name: each.by }))
  return parts.join(', ')
}

function steps (line) {
  const button = (action, label, name, more = '') => el('button', { type: 'button', class: `btn mr-touch ${more}`, 'data-do': action, 'aria-label': label }, icon(name))
  const off = line.discount !== '0' && el('button', { type: 'button', class: 'btn mr-touch', 'data-do': 'nodiscount' },
    t('{discount} off', { discount: `${many(millionths(line.discount))} %` }), icon('x'))
  return el('div', { class: 'mr-till-step' }, button('less', t('One less'), 'minus'), button('more', t('One more'), 'plus'), off,
    el('span', { class: 'mr-grow' }), button('remove', t('Remove line'), 'trash', 'mr-btn-danger-quiet'))
}

function customer (desk) {
  const who = desk.cart.customer
  one('[data-customer-name]').textContent = who ? who.name : t('Walk-in customer')
  one('[data-customer-sub]').textContent = who ? who.phone || who.email || '' : t('Choose or add who buys')
  one('[data-customer-face]').replaceChildren(who ? initials(who.name) : icon('user'))
}

function totals (desk, found) {
  const count = desk.cart.lines.reduce((total, line) => total + millionths(line.quantity), 0n)
  const names = found.taxes.map(({ tax }) => tax.name).join(', ')
  const rows = [[names ? t('{count} items, {taxes}', { count: many(count), taxes: names }) : t('{count} items', { count: many(count) }), money(desk, found.tax)]]
  const off = found.lines.reduce((total, line, place) => total + full(desk, place) - line.amount, found.discount)
  if (off > 0n) rows.push([t('Discount'), MINUS + money(desk, off)])
  if (found.rounding) rows.push([t('Rounding'), (found.rounding < 0n ? MINUS : '') + money(desk, found.rounding < 0n ? -found.rounding : found.rounding)])
  one('[data-totals]').replaceChildren(...rows.map(([label, value]) => el('div', {}, el('span', {}, label), el('span', { class: 'mr-tnum' }, value))))
  one('[data-payable]').textContent = `${desk.state.company.currency} ${money(desk, found.payable)}`
  one('[data-pay-sum]').textContent = money(desk, found.payable)
  one('[data-cart-sum]').textContent = money(desk, found.payable)
  one('[data-cart-count]').textContent = many(count)
  one('[data-do=pay]').disabled = !desk.cart.lines.length
}

/** What a line would cost without its discount. */
function full (desk, place) {
  const line = desk.cart.lines[place]
  return millionths(line.quantity) * millionths(unitPrice(line, desk.catalogue)) / 1000000n
}

function tenders (desk) {
  const buttons = desk.state.tenders.map(({ kind, label }) =>
    el('button', { type: 'button', 'data-tender': kind, 'aria-pressed': String(kind === desk.tender) }, icon(ICONS[kind] || 'coin'), el('span', {}, label)))
  const split = el('button', { type: 'button', 'data-do': 'split', disabled: !desk.cart.lines.length }, icon('arrows-split-2'), el('span', {}, t('Split')))
  one('[data-tenders]').replaceChildren(...buttons, split)
}
