// The one way lines become sums, as erp/money/pricing.py does it; both are held together by tests/vectors/pricing.
// Numbers are exact: whole counts of 10^-6 come in and go out (BigInt), in between they are fractions. Never floats.

const ONE = 1000000n
const NONE = { percent: 0n, amount: 0n }
const ZERO = { n: 0n, d: 1n }
const size = (value) => value < 0n ? -value : value

function ratio (n, d = 1n) {
  let [a, b] = [size(n), size(d)]
  while (b) [a, b] = [b, a % b]
  if (d < 0n) a = -a
  return a ? { n: n / a, d: d / a } : ZERO
}

const plus = (a, b) => ratio(a.n * b.d + b.n * a.d, a.d * b.d)
const times = (a, b) => ratio(a.n * b.n, a.d * b.d)
const over = (a, b) => ratio(a.n * b.d, a.d * b.n)
const sum = (numbers) => numbers.reduce((total, each) => total + each, 0n)

/** The fraction as a whole number. */
function whole ({ n, d }, mode) {
  let units = size(n) / d
  const rest = 2n * (size(n) % d)
  if (mode === 'half_up' ? rest >= d : mode === 'half_even' && (rest > d || (rest === d && units % 2n))) units += 1n
  return n < 0n ? -units : units
}

/** Whole units that add up to `total` and lie within one of their exact shares; the largest rests come first. */
function spread (total, shares) {
  const found = shares.map((share) => whole(share, 'down'))
  const left = total - sum(found)
  const sign = left > 0n ? 1n : -1n
  const rests = shares.map((share, place) => plus(ratio(found[place] * sign), ratio(-share.n * sign, share.d)))
  const order = [...shares.keys()].sort((a, b) => {
    const difference = rests[a].n * rests[b].d - rests[b].n * rests[a].d
    return difference < 0n ? -1 : difference > 0n ? 1 : a - b
  })
  for (const place of order.slice(0, Number(size(left)))) found[place] += sign
  return found
}

/** Each tax as a multiple of the net, and what the inclusive ones together add to a net of one. */
function parts (taxes) {
  const found = []
  let inside = ZERO
  for (const tax of taxes) {
    const base = tax.is_compound ? found.reduce(plus, ratio(1n)) : ratio(1n)
    const part = times(base, ratio(tax.rate, 100n * ONE))
    found.push(part)
    if (tax.is_inclusive) inside = plus(inside, part)
  }
  return { found, inside }
}

function shared (amounts, discount, perUnit, mode) {
  const percent = ratio(discount.percent, 100n * ONE)
  const taken = spread(whole(times(ratio(sum(amounts)), percent), mode), amounts.map((amount) => times(ratio(amount), percent)))
  if (!discount.amount || !amounts.length) return taken
  const more = whole(ratio(discount.amount, perUnit), mode)
  let weights = amounts.map(size)
  if (!weights.some(Boolean)) weights = amounts.map(() => 1n)
  const spreadAmount = spread(more, weights.map((weight) => ratio(more * weight, sum(weights))))
  return taken.map((units, place) => units + spreadAmount[place])
}

const keyOf = (tax) => JSON.stringify([tax.name, String(tax.rate), tax.is_inclusive, tax.is_compound, tax.kind, tax.reason || ''])

function taxed (items, left, rules) {
  const exact = items.map((item, place) => {
    const { found, inside } = parts(item.taxes)
    return found.map((part) => over(times(part, ratio(left[place])), plus(ratio(1n), inside)))
  })
  if (rules.tax_per === 'line') return exact.map((line) => line.map((value) => whole(value, rules.mode)))
  const units = exact.map((line) => line.map(() => 0n))
  const places = new Map()
  items.forEach((item, line) => item.taxes.forEach((tax, column) => {
    const key = keyOf(tax)
    places.set(key, [...(places.get(key) || []), [line, column]])
  }))
  for (const where of places.values()) {
    const shares = where.map(([line, column]) => exact[line][column])
    const given = spread(whole(shares.reduce(plus, ZERO), rules.mode), shares)
    where.forEach(([line, column], place) => { units[line][column] = given[place] })
  }
  return units
}

function lineOf (item, taken, rest, units, perUnit) {
  const inside = sum(units.filter((_units, place) => item.taxes[place].is_inclusive))
  const net = rest - inside
  let before = 0n
  const taxes = item.taxes.map((tax, place) => {
    const base = tax.is_compound ? net + before : net
    before += units[place]
    return { tax, base: base * perUnit, amount: units[place] * perUnit }
  })
  return { amount: (rest + taken) * perUnit, discount: taken * perUnit, net: net * perUnit, taxes, gross: (net + before) * perUnit }
}

/**
 * The sums of a document's lines. items: [{quantity, unit_price, discount, discount_amount, taxes: [{rate, …}]}],
 * discount: {percent, amount}, rules: {mode, tax_per, step}; every number in millionths.
 */
export function price (items, exponent, { discount = NONE, rules }) {
  const perUnit = 10n ** (6n - BigInt(exponent))
  const amounts = items.map((item) => {
    const full = item.quantity * item.unit_price * (100n * ONE - item.discount)
    return whole(plus(ratio(full, 100n * ONE * ONE * perUnit), ratio(-item.discount_amount, perUnit)), rules.mode)
  })
  const taken = shared(amounts, discount, perUnit, rules.mode)
  const left = amounts.map((amount, place) => amount - taken[place])
  const units = taxed(items, left, rules)
  const lines = items.map((item, place) => lineOf(item, taken[place], left[place], units[place], perUnit))
  const total = sum(lines.map((line) => line.gross))
  const net = sum(lines.map((line) => line.net))
  const payable = rules.step ? whole(ratio(total, rules.step), rules.mode) * rules.step : total
  const taxes = new Map()
  for (const each of lines.flatMap((line) => line.taxes)) {
    const known = taxes.get(keyOf(each.tax)) || { tax: each.tax, base: 0n, amount: 0n }
    taxes.set(keyOf(each.tax), { tax: each.tax, base: known.base + each.base, amount: known.amount + each.amount })
  }
  return { lines, discount: sum(taken) * perUnit, net, tax: total - net, taxes: [...taxes.values()], total, rounding: payable - total, payable }
}

/** A plain number ("-12.5") as millionths. */
export function millionths (text) {
  const [, sign, digits, fraction = ''] = text.match(/^(-?)(\d+)(?:\.(\d{1,6})0*)?$/)
  const value = BigInt(digits) * ONE + BigInt(fraction.padEnd(6, '0'))
  return sign ? -value : value
}

/** Millionths as a plain number ("-12.5"). */
export function plain (value) {
  const digits = String(size(value)).padStart(7, '0')
  const fraction = digits.slice(-6).replace(/0+$/, '')
  return `${value < 0n ? '-' : ''}${digits.slice(0, -6)}${fraction && `.${fraction}`}`
}

/** The terms of a form as they stand in its page, numbers made exact. */
export function terms (json) {
  const taxes = (list) => list.map((tax) => ({ ...tax, rate: millionths(tax.rate) }))
  return {
    ...json,
    rules: { ...json.rules, step: millionths(json.rules.step) },
    taxes: taxes(json.taxes),
    choices: Object.fromEntries(Object.entries(json.choices).map(([key, list]) => [key, taxes(list)]))
  }
}
