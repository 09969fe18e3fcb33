// Lines of a document: rows added and removed in place, amounts and totals counted as they are typed.

import { combobox } from './combobox.js'
import { format, parse } from './numbers.js'
import { millionths, price, terms as exact } from './pricing.js'

const ONE = 1000000n

export function lines (panel) {
  const body = panel.querySelector('tbody')
  const blank = panel.querySelector('template[data-blank]')
  const exponent = Number(panel.dataset.exponent)
  const terms = exact(JSON.parse(panel.dataset.terms))
  const discountField = terms.discount_field ? panel.closest('form')?.elements[terms.discount_field] : null
  const rowOf = (element) => element.closest('[data-line]')
  const offered = new WeakMap()
  const touched = new WeakMap() // when somebody last typed into a field
  let next = Number(panel.dataset.next)

  function count () {
    const rows = []
    let { rules } = terms
    for (const row of body.querySelectorAll('[data-line]')) {
      const factors = [...row.querySelectorAll('[data-factor]')].map((input) => [input.dataset.factor, parse(input.value)])
      if (!factors.length) continue
      if (factors.some(([, value]) => value === null)) {
        show(row, '–')
        continue
      }
      const of = (kind) => factors.filter(([factor]) => factor === kind).map(([, value]) => value)
      const free = terms.free_field && terms.free_values.includes(row.querySelector(`[name$="-${terms.free_field}"]`)?.value)
      const [quantity = ONE, unitPrice = ONE] = of('times')
      const rates = of('percent_tax')
      if (rates.length) rules = { ...rules, tax_per: 'line' }
      const chosen = terms.tax_field && row.querySelector(`[name$="-${terms.tax_field}"]`)?.value
      const taxes = rates.length ? rates.map((rate) => ({ rate })) : terms.choices[chosen] || terms.taxes
      rows.push([row, { quantity, unit_price: free ? 0n : unitPrice, discount: of('percent_off')[0] ?? 0n, discount_amount: 0n, taxes }])
    }
    const percent = discountField ? parse(discountField.value) ?? 0n : 0n
    const sums = price(rows.map(([, item]) => item), exponent, { discount: { percent, amount: 0n }, rules })
    rows.forEach(([row], place) => show(row, format(sums.lines[place].amount, exponent)))
    const shown = { net: sums.net, tax: sums.tax, gross: sums.total }
    for (const place of panel.querySelectorAll('[data-total]')) {
      const currency = place.dataset.total === 'gross' && panel.dataset.currency ? `${panel.dataset.currency} ` : ''
      place.textContent = currency + format(shown[place.dataset.total], exponent)
    }
  }

  function show (row, text) {
    const place = row.querySelector('[data-result]')
    if (place) place.textContent = text
  }

  function equip (row) {
    row.querySelector('[data-nojs]')?.remove()
    const remove = row.querySelector('[data-remove]')
    remove.hidden = false
    remove.addEventListener('click', () => {
      const near = row.nextElementSibling || row.previousElementSibling
      if (row.nextElementSibling && !row.nextElementSibling.matches('[data-line]')) row.nextElementSibling.remove()
      row.remove()
      ;(near?.querySelector('input:not([type=hidden])') || panel.querySelector('[data-add]')).focus()
      changed()
    })
    if (!row.querySelector('[name$="-id"]').value) wait(row)
    // The first link of a line is what it is about and fills the rest; the others are only chosen.
    row.querySelectorAll('[data-combo]').forEach((box, place) => place
      ? combobox(box, () => fill(row, {}))
      : combobox(box, (result, since = performance.now()) => {
        offered.set(row, { steps: result.steps || {}, since })
        fill(row, result.fill || {})
      }, around))
  }

  // What the form names besides the line, such as its customer, whose prices the search brings along.
  function around () {
    const found = { ...JSON.parse(panel.dataset.around), currency: panel.dataset.currency }
    const typed = {}
    for (const box of panel.closest('form').querySelectorAll('[data-combo]')) {
      const type = box.dataset.combo.split('/')[1]
      if (type && !box.closest('[data-lines]')) typed[type] ??= box.querySelector('input').value
    }
    return { ...found, ...typed }
  }

  // What was typed after the record was chosen stays, also where the record came later than that.
  const isOwn = (row, input) => touched.get(input) > offered.get(row)?.since

  // Values that come by quantity follow it for as long as nobody typed another one.
  function follow (row) {
    const { steps } = offered.get(row) || {}
    const quantity = parse(row.querySelector('[name$="-quantity"]')?.value ?? '') ?? ONE
    for (const [name, from] of Object.entries(steps || {})) {
      const input = row.querySelector(`[name$="-${CSS.escape(name)}"]`)
      const value = from.filter(([least]) => millionths(least) <= quantity).at(-1)?.[1] ?? ''
      if (input && !isOwn(row, input)) input.value = value
    }
  }

  // A new row that nobody touched is left out by the server: until then it asks for nothing.
  function wait (row) {
    const asked = [...row.querySelectorAll('[required]')]
    const ask = (required) => asked.forEach((input) => { input.required = required })
    const typed = [...row.querySelectorAll('input, textarea')].some((input) => input.value !== input.defaultValue)
    ask(typed || row.matches('.wrong, :has(.mr-wrong)'))
    row.addEventListener('input', () => ask(true), { once: true })
    row.addEventListener('change', () => ask(true), { once: true })
  }

  function fill (row, values) {
    for (const [name, value] of Object.entries(values)) {
      const input = row.querySelector(`[name$="-${CSS.escape(name)}"]`)
      if (!input || isOwn(row, input) || (name === 'description' && input.dataset.typed)) continue // words somebody typed stay
      const box = input.closest('[data-combo]')
      input.value = typeof value === 'object' ? box ? value.id : value.text : value
      if (box && typeof value === 'object') box.querySelector('input:not([type=hidden])').value = value.text
    }
    follow(row)
    changed()
  }

  function changed () {
    count()
    panel.dispatchEvent(new Event('change', { bubbles: true }))
  }

  function add () {
    const holder = document.createElement('tbody')
    holder.innerHTML = blank.innerHTML.replaceAll('__i__', String(next++))
    const row = holder.querySelector('[data-line]')
    body.append(row)
    equip(row)
    row.querySelector('input:not([type=hidden]), select').focus()
    changed()
  }

  body.querySelectorAll('[data-line]').forEach(equip)
  count()
  panel.querySelector('[data-add]').addEventListener('click', (event) => { event.preventDefault(); add() })
  panel.addEventListener('input', (event) => {
    const row = rowOf(event.target)
    if (!row) return
    touched.set(event.target, event.timeStamp)
    if (event.target.name.endsWith('-quantity')) follow(row)
    if (event.target.name.endsWith('-description')) event.target.dataset.typed = event.target.value
    count()
  })
  discountField?.addEventListener('input', count)
  // Enter in the last row starts another one instead of sending the form.
  body.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.ctrlKey || event.metaKey || event.defaultPrevented || !event.target.matches('input')) return
    event.preventDefault()
    if (rowOf(event.target) === [...body.querySelectorAll('[data-line]')].at(-1)) add()
  })
}
