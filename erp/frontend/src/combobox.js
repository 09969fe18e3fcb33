// A link field: type to search, pick with arrows and Enter. The hidden field keeps the id, the visible one the text.

import { quick } from './quick.js'

let serial = 0

export function combobox (box, onPick, around) {
  const [hidden, input] = box.querySelectorAll('input')
  const list = document.createElement('ul')
  list.id = `options-${++serial}`
  list.className = 'mr-options'
  list.setAttribute('role', 'listbox')
  list.setAttribute('aria-label', input.getAttribute('aria-label') || input.labels?.[0]?.textContent || '')
  list.hidden = true
  box.append(list)
  for (const [name, value] of [['role', 'combobox'], ['aria-autocomplete', 'list'], ['aria-expanded', 'false'], ['aria-controls', list.id]]) input.setAttribute(name, value)

  let results = []
  let at = -1
  let timer
  let asked = 0
  let isAwaited = false // what was typed has no answer yet: the list, if it is open, answers what was typed before
  let held = 0 // when Enter or Tab was pressed meanwhile: they mean the first of what is to come

  // Whatever is on its way is not waited for any more.
  function drop () {
    timer = clearTimeout(timer)
    asked++
    isAwaited = false
    held = 0
  }

  function close () {
    list.hidden = true
    mark(-1)
    input.setAttribute('aria-expanded', 'false')
  }

  const options = () => [...list.querySelectorAll('[role=option]')]

  function mark (index) {
    const all = options()
    at = index
    all.forEach((option, number) => option.setAttribute('aria-selected', String(number === at)))
    if (at < 0) return input.removeAttribute('aria-activedescendant')
    input.setAttribute('aria-activedescendant', all[at].id)
    all[at].scrollIntoView({ block: 'nearest' })
  }

  function step (by) {
    const count = options().length
    if (count && !isAwaited) mark((at + by + count) % count)
  }

  function pick (index, since) {
    const result = results[index]
    if (!result) return box.dataset.addUrl && index === results.length ? add() : undefined
    drop()
    hidden.value = result.id
    input.value = result.text
    input.classList.remove('mr-wrong')
    close()
    hidden.dispatchEvent(new Event('change', { bubbles: true }))
    onPick?.(result, since)
  }

  function show (found) {
    results = found
    list.replaceChildren(...(found.length ? found : [null]).map((result, index) => {
      const item = document.createElement('li')
      item.className = 'mr-item'
      if (!result) {
        item.textContent = box.dataset.none
        return item
      }
      item.id = `${list.id}-${index}`
      item.setAttribute('role', 'option')
      if (result.picture) item.append(Object.assign(document.createElement('img'), { src: result.picture, alt: '', width: 28, height: 28, className: 'mr-thumb' }))
      item.append(Object.assign(document.createElement('span'), { className: 'mr-grow', textContent: result.text }))
      if (result.sub) item.append(Object.assign(document.createElement('span'), { className: 'mr-mute mr-small', textContent: result.sub }))
      item.addEventListener('mousedown', (event) => { event.preventDefault(); pick(index) })
      return item
    }))
    if (box.dataset.addUrl) offer()
    list.hidden = false
    stand()
    input.setAttribute('aria-expanded', 'true')
    mark(options().length ? 0 : -1)
  }

  // The last entry makes a new record of what was typed.
  function offer () {
    const item = Object.assign(document.createElement('li'), { className: 'mr-item mr-item-add', id: `${list.id}-${results.length}` })
    item.setAttribute('role', 'option')
    item.textContent = `${box.dataset.addSay} ${input.value ? `“${input.value}”` : '…'}`
    item.addEventListener('mousedown', (event) => { event.preventDefault(); add() })
    if (!results.length) list.replaceChildren()
    list.append(item)
  }

  function add () {
    drop()
    close()
    quick(box.dataset.addUrl, input.value, (made) => { results = [made]; pick(0) })
  }

  // Fixed to the window, since tables that scroll sideways would cut it off.
  function stand () {
    const { left, right, top, bottom, width } = input.getBoundingClientRect()
    const wide = Math.min(Math.max(width, 260), innerWidth - 16)
    const start = document.dir === 'rtl' ? right - wide : left
    const above = bottom + list.offsetHeight > innerHeight && top > innerHeight / 2
    Object.assign(list.style, { width: `${wide}px`, left: '0', top: '0', translate: '' })
    const x = Math.max(8, Math.min(start, innerWidth - wide - 8))
    const y = above ? top - list.offsetHeight - 4 : bottom + 4
    // In some browsers a pane that measures itself is what "fixed" is counted from.
    const origin = list.getBoundingClientRect()
    list.style.translate = `${x - origin.left}px ${y - origin.top}px`
  }

  function answered (found) {
    const [since, isHere] = [held, document.activeElement === input]
    drop()
    if (isHere) show(found)
    else results = found
    if (since && input.value && (isHere || found.length)) pick(0, since)
  }

  async function search () {
    timer = clearTimeout(timer)
    const mine = ++asked
    const url = new URL(box.dataset.combo, location.href)
    url.searchParams.set('q', input.value)
    for (const [name, value] of Object.entries(around?.() || {})) url.searchParams.set(`with-${name}`, value)
    try {
      const answer = await fetch(url, { headers: { Accept: 'application/json' } })
      const { results: found } = await answer.json()
      if (mine === asked) answered(found)
    } catch {
      // Without an answer the typed text goes to the server, which looks it up.
      if (mine !== asked) return
      drop()
      close()
    }
  }

  function hold (event) {
    held = event.timeStamp
    if (timer) search()
  }

  input.addEventListener('input', () => {
    hidden.value = ''
    drop()
    isAwaited = true
    mark(-1)
    timer = setTimeout(search, 160)
  })
  input.addEventListener('click', () => list.hidden && search())
  input.addEventListener('blur', () => {
    if (!held) drop()
    close()
  })
  addEventListener('scroll', (event) => list.hidden || list.contains(event.target) || stand(), true)
  input.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      if (list.hidden) search()
      else step(event.key === 'ArrowDown' ? 1 : -1)
    } else if (event.key === 'Enter' && isAwaited) {
      // A scanner types and goes on at once: in a line, before anything is offered, its Enter is the line's.
      if (event.ctrlKey || event.metaKey || (list.hidden && box.closest('[data-line]'))) return
      event.preventDefault()
      hold(event)
    } else if (event.key === 'Tab' && isAwaited) {
      if (input.value) hold(event)
    } else if (event.key === 'Enter' && !list.hidden && at >= 0) {
      event.preventDefault()
      pick(at)
    } else if (event.key === 'Tab' && !list.hidden && at >= 0 && input.value) {
      pick(at)
    } else if (event.key === 'Escape' && (!list.hidden || held)) {
      event.preventDefault()
      event.stopPropagation()
      drop()
      close()
    }
  })
}
