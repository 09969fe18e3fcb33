// A message: after @ the colleagues who may be named are offered; Ctrl+Enter sends it. Without script the name is written out.

let serial = 0

export function mention (area) {
  const list = document.createElement('ul')
  list.id = `colleagues-${++serial}`
  list.className = 'mr-options mr-colleagues'
  list.setAttribute('role', 'listbox')
  list.setAttribute('aria-label', area.labels?.[0]?.textContent || '')
  list.hidden = true
  const box = document.createElement('div')
  box.className = 'mr-mentions'
  area.before(box)
  box.append(area, list)
  area.setAttribute('aria-autocomplete', 'list')
  area.setAttribute('aria-controls', list.id)

  let names = []
  let at = -1
  let asked = 0
  let timer
  let isAwaited = false // more was typed: the list, if it is open, answers what was typed before
  let isHeld = false // Enter or Tab was pressed meanwhile: they mean the first of what is to come

  // What is written between the last @ and the place one writes at: at most three words, as names are.
  function begun () {
    const before = area.value.slice(0, area.selectionStart)
    const found = before.match(/(^|[^\p{L}\p{N}_@])@([^\s@]*(?: [^\s@]+){0,2})$/u)
    return found && { word: found[2], from: before.length - found[2].length }
  }

  function close () {
    list.hidden = true
    isAwaited = isHeld = false
    mark(-1)
  }

  function mark (index) {
    at = index
    list.querySelectorAll('[role=option]').forEach((item, number) => item.setAttribute('aria-selected', String(number === at)))
    if (at < 0) return area.removeAttribute('aria-activedescendant')
    area.setAttribute('aria-activedescendant', list.children[at].id)
    list.children[at].scrollIntoView({ block: 'nearest' })
  }

  function step (by) {
    if (!isAwaited) mark((at + by + names.length) % names.length)
  }

  function choose () {
    if (isAwaited) isHeld = true
    else pick(at)
  }

  function pick (index) {
    const place = begun()
    if (place) area.setRangeText(`${names[index]} `, place.from, area.selectionStart, 'end')
    close()
    area.focus()
  }

  function show (found) {
    names = found
    if (!names.length) return close()
    list.replaceChildren(...names.map((name, index) => {
      const item = Object.assign(document.createElement('li'), { className: 'mr-item', id: `${list.id}-${index}`, textContent: name, dir: 'auto' })
      item.setAttribute('role', 'option')
      item.addEventListener('mousedown', (event) => { event.preventDefault(); pick(index) })
      return item
    }))
    list.hidden = isAwaited = false
    if (isHeld) return pick(0)
    mark(0)
  }

  async function ask () {
    const mine = ++asked
    const place = begun()
    if (!place) return close()
    try {
      const answer = await fetch(`${area.dataset.mention}?q=${encodeURIComponent(place.word)}`, { headers: { Accept: 'application/json' } })
      const { results } = await answer.json()
      if (mine === asked && document.activeElement === area) show(results.map((each) => each.text))
    } catch {
      if (mine === asked) close()
    }
  }

  area.addEventListener('input', () => {
    clearTimeout(timer)
    asked++
    isAwaited = true
    isHeld = false
    mark(-1)
    timer = setTimeout(ask, 120)
  })
  area.addEventListener('blur', close)
  area.addEventListener('keydown', (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === 'Enter') {
      event.preventDefault()
      area.form.requestSubmit()
    }
    if (list.hidden) return
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') step(event.key === 'ArrowDown' ? 1 : -1)
    else if (event.key === 'Enter' || event.key === 'Tab') choose()
    else if (event.key === 'Escape') close()
    else return
    event.preventDefault()
    event.stopPropagation()
  })
}
