// The search of the top bar says what it finds while somebody types: grouped by type, walked with arrows, opened with Enter.

export function suggest () {
  const form = document.querySelector('[data-suggest]')
  const input = form?.querySelector('input')
  if (!input) return
  const box = document.createElement('div')
  box.className = 'mr-options mr-suggest'
  box.id = 'suggestions'
  box.setAttribute('role', 'listbox')
  box.setAttribute('aria-label', form.querySelector('label').textContent.trim())
  box.hidden = true
  form.append(box)
  for (const [name, value] of [['role', 'combobox'], ['aria-autocomplete', 'list'], ['aria-expanded', 'false'], ['aria-controls', box.id]]) input.setAttribute(name, value)

  let at = -1
  let asked = 0
  let timer
  const options = () => [...box.querySelectorAll('[role=option]')]

  function close () {
    box.hidden = true
    highlight(-1)
    input.setAttribute('aria-expanded', 'false')
  }

  function highlight (index) {
    const all = options()
    // one place more than there are options: the field itself
    const places = all.length + 1
    at = (index + 1 + places) % places - 1
    all.forEach((option, number) => option.setAttribute('aria-selected', String(number === at)))
    if (at < 0) return input.removeAttribute('aria-activedescendant')
    input.setAttribute('aria-activedescendant', all[at].id)
    all[at].scrollIntoView({ block: 'nearest' })
  }

  function option (row, number) {
    const item = Object.assign(document.createElement('a'), { className: 'mr-item', href: row.url, id: `suggestion-${number}`, tabIndex: -1 })
    item.setAttribute('role', 'option')
    item.append(text('mr-grow mr-clip', row.label), text('mr-mute mr-small mr-clip', row.sub))
    item.addEventListener('mousedown', (event) => event.preventDefault())
    return item
  }

  function text (className, content) {
    const span = Object.assign(document.createElement('span'), { className, textContent: content })
    span.dir = 'auto'
    return span
  }

  function show (groups) {
    let number = 0
    box.replaceChildren(...groups.map((group) => {
      const part = document.createElement('div')
      part.setAttribute('role', 'group')
      part.setAttribute('aria-label', group.label)
      const head = Object.assign(document.createElement('p'), { textContent: group.label })
      head.setAttribute('aria-hidden', 'true')
      part.append(head, ...group.rows.map((row) => option(row, number++)))
      return part
    }))
    if (!groups.length) box.append(Object.assign(document.createElement('p'), { textContent: form.dataset.none }))
    box.hidden = false
    input.setAttribute('aria-expanded', 'true')
    stand()
    highlight(-1)
  }

  function stand () {
    const { left, right, bottom } = input.getBoundingClientRect()
    const wide = Math.min(Math.max(right - left, 420), innerWidth - 16)
    const start = document.dir === 'rtl' ? right - wide : left
    Object.assign(box.style, { width: `${wide}px`, left: `${Math.max(8, Math.min(start, innerWidth - wide - 8))}px`, top: `${bottom + 4}px` })
  }

  async function ask () {
    const mine = ++asked
    const words = input.value.trim()
    if (!words) return close()
    try {
      const answer = await fetch(`${form.dataset.suggest}?q=${encodeURIComponent(words)}`, { headers: { Accept: 'application/json' } })
      const { groups } = await answer.json()
      if (mine === asked && document.activeElement === input) show(groups)
    } catch {
      // Enter still leads to the page of results.
      if (mine === asked) close()
    }
  }

  input.addEventListener('input', () => {
    clearTimeout(timer)
    highlight(-1)
    timer = setTimeout(ask, 160)
  })
  input.addEventListener('blur', close)
  addEventListener('resize', () => box.hidden || stand())
  input.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      if (box.hidden) ask()
      else highlight(at + (event.key === 'ArrowDown' ? 1 : -1))
    } else if (event.key === 'Enter' && !box.hidden && at >= 0) {
      event.preventDefault()
      options()[at].click()
    } else if (event.key === 'Escape' && !box.hidden) {
      event.preventDefault()
      close()
    }
  })
}

// How many documents are open, beside their type in the menu; the browser keeps the answer for a minute.
export async function counts () {
  const places = [...document.querySelectorAll('[data-open]')]
  if (!places.length) return
  try {
    const answer = await fetch('/counts', { headers: { Accept: 'application/json' } })
    const found = answer.ok ? await answer.json() : {}
    for (const place of places) {
      place.textContent = found[place.dataset.open] || ''
      place.hidden = !place.textContent
    }
  } catch {
    // The menu does without.
  }
}
