// What the counter's page knows without a page: catalogue, what was typed, scanner, cart, sums, tenders.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { millionths, plain, terms } from '../../erp/frontend/src/pricing.js'
import * as carts from '../../erp/frontend/src/till/cart.js'
import { Catalogue, codeOf } from '../../erp/frontend/src/till/catalogue.js'
import { Scanner } from '../../erp/frontend/src/till/scanner.js'
import { sums, unitPrice } from '../../erp/frontend/src/till/sums.js'
import * as tendering from '../../erp/frontend/src/till/tendering.js'
import { meant, scannedAfter } from '../../erp/frontend/src/till/typed.js'

const columns = ['id', 'code', 'barcodes', 'name', 'price', 'tax_category_id', 'category_id', 'uom', 'places', 'on_hand', 'variant', 'kind', 'image', 'tracking']
const STRAP = [1, 'P-1', ['4006381333931'], 'NATO strap 20 mm', '950', 7, 3, 'piece', 0, '24', 'Black', 'goods', null]
const CELL = [2, 'P-2', ['0012345678905', 'CELL'], 'Battery CR2032', '250', 7, 4, 'piece', 0, '118', '', 'goods', null]
const CAFE = [3, 'P-3', [], 'Café strap', '10.50', null, 3, 'piece', 0, '0', '', 'service', null]
const shop = () => new Catalogue({
  columns, categories: [{ id: 3, name: 'Accessories' }], products: [STRAP, CELL, CAFE], quantities: { 2: [['10', '225'], ['50', '200']] }
})
const VAT = terms({
  rules: { mode: 'half_up', tax_per: 'document', step: '0' }, taxes: [],
  choices: { 7: [{ name: 'VAT 16', rate: '16', is_inclusive: true, is_compound: false, kind: 'standard' }] }
})
const named = (products) => products.map((product) => product.id)

test('a product is found by each of its codes, however they are written', () => {
  const catalogue = shop()
  for (const code of ['P-1', 'p-1', '4006381333931', '4006 3813-33931', '۴۰۰۶۳۸۱۳۳۳۹۳۱']) assert.equal(catalogue.byCode(code)?.id, 1, code)
  assert.equal(catalogue.byCode('12345678905').id, 2, 'UPC-A and EAN-13 of one thing are one code')
  assert.equal(catalogue.byCode('cell').id, 2)
  assert.equal(catalogue.byCode('nothing'), undefined)
  assert.equal(codeOf('P 1'), 'p 1')
})

test('words find in any order, without accents, what begins so first', () => {
  const catalogue = shop()
  assert.deepEqual(named(catalogue.search('strap')), [1, 3])
  assert.deepEqual(named(catalogue.search('cafe')), [3])
  assert.deepEqual(named(catalogue.search('20 nato')), [1])
  assert.deepEqual(named(catalogue.search('black')), [1])
  assert.deepEqual(named(catalogue.search('p-2')), [2])
  assert.deepEqual(catalogue.search('  '), [])
})

test('among twenty thousand products a word is found while the key is down', () => {
  const products = Array.from({ length: 20000 }, (_, place) => [place, `A-${place}`, [String(4e12 + place)], `Thing ${place} of ${place % 97}`, '1', null, 1, 'piece', 0, '1', '', 'goods', null])
  const catalogue = new Catalogue({ columns, products })
  assert.equal(catalogue.byCode('4000000019999').id, 19999)
  const begun = performance.now()
  for (let turn = 0; turn < 10; turn++) catalogue.search('thing 96')
  assert.ok((performance.now() - begun) / 10 < 50)
})

test('who buys many pays the price of many', () => {
  const catalogue = shop()
  const [cell] = catalogue.search('battery')
  assert.deepEqual(['1', '9.5', '10', '49', '50'].map((many) => catalogue.price(cell, many)), ['250', '250', '225', '225', '200'])
})

test('what was typed is a code, so many of one, or a number for the line', () => {
  assert.deepEqual(meant(''), { kind: 'nothing' })
  assert.deepEqual(meant('3*'), { kind: 'quantity', value: '3' })
  assert.deepEqual(meant('12,5%'.replace(',', '.')), { kind: 'discount', value: '12.5' })
  assert.deepEqual(meant('250='), { kind: 'price', value: '250' })
  assert.deepEqual(meant('3*4006381333931'), { kind: 'code', value: '4006381333931', quantity: '3' })
  assert.deepEqual(meant('4006381333931'), { kind: 'code', value: '4006381333931', quantity: '1' })
  assert.deepEqual(meant('۳*'), { kind: 'quantity', value: '3' })
  assert.deepEqual(meant('5', 'discount'), { kind: 'discount', value: '5' })
  assert.deepEqual(meant('strap', 'discount'), { kind: 'code', value: 'strap', quantity: '1' })
})

test('a scan after what is typed already', () => {
  const isKnown = (code) => ['4006381333931', '333931x'].includes(code)
  assert.equal(scannedAfter('', '4006381333931', isKnown), '4006381333931')
  assert.equal(scannedAfter('3*', '4006381333931', isKnown), '3*4006381333931')
  assert.equal(scannedAfter('4006381', '333931', isKnown), '4006381333931')
  assert.equal(scannedAfter('strap', '4006381333931', isKnown), '4006381333931')
  assert.equal(scannedAfter('strap', '999', isKnown), '999')
})

test('a scanner is known by its haste', () => {
  const typed = (gap, code = '4006381333931') => {
    const scanner = new Scanner()
    let at = 1000
    for (const key of code) scanner.key(key, at += gap)
    return scanner.key('Enter', at + gap)
  }
  assert.equal(typed(5), '4006381333931')
  assert.equal(typed(30), '4006381333931')
  assert.equal(typed(90), undefined, 'a fast hand')
  assert.equal(typed(5, '12'), undefined, 'two keys that were hit together')
})

test('a second scan may follow the first at once', () => {
  const scanner = new Scanner()
  let at = 0
  for (const gap of [5, 60, 139, 500]) {
    at += gap
    for (const key of 'P-12345') scanner.key(key, at += 5)
    assert.equal(scanner.key('Enter', at += 5), 'P-12345', `${gap} ms after`)
  }
})

test('what was typed before a scan is no part of it', () => {
  const scanner = new Scanner()
  scanner.key('9', 0)
  for (const [place, key] of [...'P-12345'].entries()) scanner.key(key, 1000 + place * 5)
  assert.equal(scanner.key('Enter', 1040), 'P-12345')
  assert.equal(scanner.key('Enter', 1045), undefined, 'the second Enter of a scanner that sends two')
})

test('the same thing scanned again is one more on its line, unless that line is another deal', () => {
  const strap = shop().get(1)
  let cart = carts.add(carts.empty(), strap)
  cart = carts.add(cart, strap, '2')
  assert.deepEqual(cart.lines.map((line) => line.quantity), ['3'])
  cart = carts.add(carts.setDiscount(cart, cart.at, '10'), strap)
  assert.deepEqual(cart.lines.map((line) => [line.quantity, line.discount]), [['3', '10'], ['1', '0']])
  assert.deepEqual(carts.asked(cart).lines[0], { product_id: 1, quantity: '3', discount: '10' })
})

test('a piece has a line of its own, a lot one for all of it', () => {
  const watch = { id: 9, name: 'Watch', tracking: 'serial' }
  const [one, other] = [{ id: 1, code: 'W1', kind: 'serial' }, { id: 2, code: 'W2', kind: 'serial' }]
  let cart = carts.add(carts.add(carts.empty(), watch, '1', { lot: one }), watch, '1', { lot: other })
  assert.deepEqual(carts.asked(cart).lines.map((line) => [line.lot_id, line.quantity]), [[1, '1'], [2, '1']])
  assert.deepEqual([carts.holds(cart, one), carts.holds(cart, { id: 3 })], [true, false])
  cart = carts.add(cart, watch, '2', { lot: other })
  assert.deepEqual(cart.lines.map((line) => line.quantity), ['1', '3'])
  const allowed = { token: 't', by: 'Anne', kind: 'expired' }
  cart = carts.add(cart, watch, '1', { lot: other, overrides: [allowed] })
  assert.deepEqual([cart.lines.length, carts.asked(cart).lines[0].override], [3, 't'], 'what somebody allowed stands alone')
  assert.deepEqual([shop().isFollowed, new Catalogue({ columns, products: [[...STRAP, 'lot']] }).isFollowed], [false, true])
})

test('a line is changed, allowed, gone through and taken away', () => {
  const catalogue = shop()
  let cart = [1, 2, 3].reduce((before, id) => carts.add(before, catalogue.get(id)), carts.empty())
  cart = carts.setPrice(cart, cart.at, '5', { token: 't', by: 'Anne' })
  assert.deepEqual(carts.asked(cart).lines.map((line) => line.override), ['t', undefined, undefined])
  assert.equal(carts.asked(cart).lines[2].unit_price, '5')
  cart = carts.setQuantity(cart, cart.at, '0')
  assert.deepEqual([cart.lines.length, carts.current(cart).product], [2, 2])
  cart = carts.step(carts.step(cart, -1), -1)
  assert.equal(carts.current(cart).product, 1)
  cart = carts.refused(cart, { 'lines-1-discount': 'Too much.', customer: 'Who?' })
  assert.deepEqual(cart.lines.map((line) => line.wrong), [undefined, 'Too much.'])
})

test('a cart is plain values: what is kept is what is found again', () => {
  const cart = carts.add(carts.empty(), shop().get(1))
  assert.deepEqual(structuredClone(cart), cart)
  assert.match(cart.uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.notEqual(carts.empty().uuid, carts.empty().uuid)
})

test('sums are those of the server, in cash in the coins there are', () => {
  const catalogue = shop()
  let cart = carts.add(carts.empty(), catalogue.get(2), '10')
  cart = carts.add(cart, catalogue.get(3))
  const found = sums(cart, catalogue, VAT, 2)
  assert.deepEqual([found.total, found.tax, found.payable].map(plain), ['2260.5', '310.34', '2260.5'])
  assert.equal(plain(sums(cart, catalogue, VAT, 2, { ...VAT.rules, step: millionths('1') }).payable), '2261')
  assert.equal(unitPrice(cart.lines[0], catalogue), '225')
})

test('only of cash may more be handed over than is left', () => {
  const [due, note] = [millionths('26590'), millionths('27000')]
  const paid = tendering.taken('cash', note, due)
  assert.deepEqual([plain(paid.tender.amount), plain(paid.tender.tendered), plain(paid.change)], ['26590', '27000', '410'])
  assert.equal(tendering.taken('card', note, due), null)
  assert.equal(tendering.taken('cash', 0n, due), null)
  const part = tendering.taken('mpesa', millionths('20000'), due, 'QWE123')
  assert.equal(plain(tendering.left(due, [part.tender])), '6590')
})

test('the sums people hand over are offered', () => {
  const notes = ['50', '100', '200', '500', '1000', '0.05'].map(millionths)
  assert.deepEqual(tendering.likely(millionths('1430'), notes).map(plain), ['1430', '1450', '1500', '1600'])
  assert.deepEqual(tendering.likely(millionths('3074'), [...notes, millionths('40')]).map(plain), ['3074', '3100', '3200', '3500'])
  assert.deepEqual(tendering.likely(0n, notes), [])
})

test('coins and notes are counted exactly', () => {
  assert.equal(plain(tendering.counted({ 500: '3', 0.05: '7', 1000: '' })), '1500.35')
})
