// Lists: select rows, count them, keep the head's check box honest. The strip itself turns up by CSS.

const form = document.querySelector('[data-rows]')
const head = form?.querySelector('[data-all]')
const boxes = form ? [...form.querySelectorAll('input[name=id]')] : []
const picked = form?.querySelector('[data-picked]')

function count () {
  const chosen = boxes.filter((box) => box.checked).length
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
