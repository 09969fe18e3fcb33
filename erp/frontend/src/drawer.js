// What stands beside a list opens in a drawer: links with data-part load their page's part into it. Without script they are pages.

import { combobox } from './combobox.js'

const part = (url) => {
  const found = new URL(url, location.href)
  found.searchParams.set('part', '1')
  return found
}

export function drawer () {
  const dialog = document.querySelector('#drawer')
  const body = dialog?.querySelector('[data-drawer-body]')
  wire(document.querySelector('.mr-partpage'))
  if (!dialog) return
  let asked = 0

  // The last that was asked for is shown, and nothing once the drawer is closed.
  async function load (url, fallback) {
    const mine = ++asked
    try {
      const answer = await fetch(part(url), { headers: { Accept: 'text/html' } })
      const html = await answer.text()
      if (mine !== asked) return
      const where = answer.headers.get('X-Location')
      if (where || answer.redirected || answer.status >= 500) return location.assign(where || fallback)
      body.innerHTML = html
      wire(body, load)
      body.querySelector('[aria-invalid], input:checked, select, input:not([type=hidden]), a')?.focus()
    } catch {
      if (mine === asked) location.assign(fallback)
    }
  }

  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[data-part]')
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return
    event.preventDefault()
    dialog.querySelector('h2').textContent = link.dataset.part
    if (!dialog.open) {
      body.replaceChildren()
      dialog.showModal()
    }
    load(link.href, link.href)
  })
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close())
  dialog.addEventListener('close', () => { asked++ })
}

function wire (body, load) {
  if (!body) return
  body.querySelectorAll('[data-combo]').forEach((box) => combobox(box))
  const operator = body.querySelector('[data-operator]')
  if (operator) {
    operator.addEventListener('change', () => fit(body, operator.value))
    fit(body, operator.value)
  }
  const columns = body.querySelector('[data-columns]')
  if (columns) order(columns)
  const form = body.querySelector('[data-part-form]')
  if (form && load) {
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      const url = `${form.getAttribute('action')}?${new URLSearchParams(new FormData(form))}`
      load(url, url)
    })
  }
}

// Only what the chosen operator asks for is shown; what is hidden is neither required nor sent.
function fit (body, operator) {
  for (const box of body.querySelectorAll('[data-only], [data-not]')) {
    const { only, not } = box.dataset
    box.hidden = only ? !only.split(' ').includes(operator) : not.split(' ').includes(operator)
    for (const control of box.querySelectorAll('input, select')) control.disabled = box.hidden
  }
}

// Columns change places by the arrows or by dragging; their order is that of the list when it is sent.
function order (form) {
  const list = form.querySelector('ol')
  form.addEventListener('click', (event) => {
    const button = event.target.closest('button[name=move]')
    if (!button) return
    event.preventDefault()
    const item = button.closest('li')
    if (button.value.startsWith('up:')) item.previousElementSibling?.before(item)
    else item.nextElementSibling?.after(item)
    button.focus()
  })
  let held = null
  list.addEventListener('dragstart', (event) => {
    held = event.target.closest('li')
    event.dataTransfer.effectAllowed = 'move'
  })
  list.addEventListener('dragover', (event) => {
    const over = event.target.closest('li')
    if (!held || !over) return
    event.preventDefault()
    const { top, height } = over.getBoundingClientRect()
    if (over !== held) over[event.clientY > top + height / 2 ? 'after' : 'before'](held)
  })
  list.addEventListener('dragend', () => { held = null })
}
