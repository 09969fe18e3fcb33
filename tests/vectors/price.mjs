// Prices every case of the given files as the browser does; prints {"<file>/<name>": sums} as JSON, numbers as text.

import { readFileSync } from 'node:fs'
import { millionths, price } from '../../erp/frontend/src/pricing.js'

const EXPONENTS = JSON.parse(process.argv[2])
const number = (text) => millionths(text || '0')
const text = (value) => String(value)
const found = {}

for (const path of process.argv.slice(3)) {
  for (const { name, currency, rules = {}, discount = {}, lines } of JSON.parse(readFileSync(path, 'utf8'))) {
    const items = lines.map((line) => ({
      quantity: number(line.quantity),
      unit_price: number(line.unit_price),
      discount: number(line.discount),
      discount_amount: number(line.discount_amount),
      taxes: (line.taxes || []).map((tax) => ({ is_inclusive: false, is_compound: false, kind: 'standard', ...tax, rate: number(tax.rate) }))
    }))
    const sums = price(items, EXPONENTS[currency] ?? 2, {
      discount: { percent: number(discount.percent), amount: number(discount.amount) },
      rules: { mode: rules.mode || 'half_up', tax_per: rules.tax_per || 'document', step: number(rules.step) }
    })
    found[`${path.split('/').at(-1)}/${name}`] = {
      lines: sums.lines.map(({ amount, net, taxes, gross }) => ({ amount: text(amount), net: text(net), tax: text(taxes.reduce((all, tax) => all + tax.amount, 0n)), gross: text(gross) })),
      discount: text(sums.discount),
      net: text(sums.net),
      tax: text(sums.tax),
      taxes: sums.taxes.map(({ tax, base, amount }) => ({ name: tax.name, base: text(base), amount: text(amount) })),
      total: text(sums.total),
      rounding: text(sums.rounding),
      payable: text(sums.payable)
    }
  }
}
console.log(JSON.stringify(found))
