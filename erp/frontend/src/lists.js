// Lists: select rows, count them, keep the head's check box honest. The strip itself turns up by CSS.

import { drawer } from './drawer.js'
import { format, parse } from './numbers.js'

const form = document.querySelector('[data-rows]')
const head = form?.querySelector('[data-all]')
const boxes = form ? [...form.querySelectorAll('input[name=id]')] : []
const picked = form?.querySelector('[data-picked]')
const sums = form?.querySelector('[data-sums]')

// What the picked rows come to, each currency by itself: "KES 69,428.00, USD 120.00".
function added (chosen) {
  const totals = new Map()
  for (const { dataset: { sum } } of chosen.map((box) => box.closest('tr'))) {
    if (!sum) continue
    const [currency, amount] = sum.split(' ')
    const [total] = totals.get(currency) || [0n]
    totals.set(currency, [total + plain(amount), amount.split('.')[1]?.length || 0])
  }
  return [...totals].map(([currency, [total, places]]) => `${currency} ${format(total, places)}`.trim()).join(', ')
}

// The page writes sums with a point, whatever the reader's decimal sign is.
const plain = (amount) => parse(amount.replace('.', document.documentElement.dataset.decimal))

function count () {
  const chosen = boxes.filter((box) => box.checked).length
  sums.textContent = added(boxes.filter((box) => box.checked))
  picked.textContent = chosen ? `${chosen.toLocaleString(document.documentElement.lang)} ${picked.dataset.picked}` : ''
  head.checked = chosen > 0 && chosen === boxes.length
  head.indeterminate = chosen > 0 && chosen < boxes.length
}

if (head && picked) {
  let last = null
  head.addEventListener('change', () => {
    for (const box of boxes) box.checked = head.checked
    count()
  })
  form.addEventListener('click', (event) => {
    const box = event.target
    if (!boxes.includes(box)) return
    // Shift selects everything between the last click and this one.
    if (event.shiftKey && last) {
      const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b)
      for (const between of boxes.slice(from, to + 1)) between.checked = box.checked
    }
    last = box
    count()
  })
  form.addEventListener('reset', () => setTimeout(count))
  addEventListener('pageshow', count)
}

drawer()
