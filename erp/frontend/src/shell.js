// Every page: menu drawer, menus, theme, confirm dialogs, keys, inbox count. Pages work without it.

import { counts, suggest } from './suggest.js'

const root = document.documentElement
const one = (selector, from = document) => from.querySelector(selector)
const all = (selector, from = document) => [...from.querySelectorAll(selector)]
const typing = (element) => element.closest('input, textarea, select, [contenteditable]')

function drawer () {
  const side = one('.mr-side')
  const button = one('[data-drawer]')
  const veil = one('[data-drawer-close]')
  if (!side || !button) return
  const set = (open) => {
    side.classList.toggle('open', open)
    veil.hidden = !open
    button.setAttribute('aria-expanded', String(open))
    if (open) one('a', side).focus()
    else button.focus()
  }
  button.addEventListener('click', () => set(!side.classList.contains('open')))
  veil.addEventListener('click', () => set(false))
  side.addEventListener('keydown', (event) => event.key === 'Escape' && side.classList.contains('open') && set(false))
  one('[data-narrow]')?.addEventListener('click', () => {
    const narrow = root.dataset.side !== 'narrow'
    if (narrow) root.dataset.side = 'narrow'
    else delete root.dataset.side
    document.cookie = `mr_side=${narrow ? 'narrow' : 'wide'};path=/;max-age=31536000;samesite=lax`
  })
}

// The groups of the menu fold; which ones are is kept in a cookie, so that the next page comes folded.
function fold () {
  const buttons = all('[data-fold]')
  for (const button of buttons) {
    button.addEventListener('click', () => {
      const folded = button.getAttribute('aria-expanded') === 'true'
      button.setAttribute('aria-expanded', String(!folded))
      one(`#${CSS.escape(button.getAttribute('aria-controls'))}`).hidden = folded
      const keys = buttons.filter((each) => each.getAttribute('aria-expanded') === 'false').map((each) => each.dataset.fold)
      document.cookie = `mr_folded=${keys.join('.')};path=/;max-age=31536000;samesite=lax`
    })
  }
}

// A menu closes on Escape, on a click outside and when another opens; arrows walk through it.
function menus () {
  const open = () => all('details.mr-drop[open]')
  document.addEventListener('click', (event) => open().forEach((menu) => menu.contains(event.target) || (menu.open = false)))
  document.addEventListener('keydown', (event) => {
    const menu = event.target.closest?.('details.mr-drop[open]')
    if (!menu) return
    if (event.key === 'Escape') {
      menu.open = false
      one('summary', menu).focus()
    }
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
    if (typing(event.target)) return
    const items = all('.mr-item', menu)
    const at = items.indexOf(document.activeElement)
    items.at((at + (event.key === 'ArrowDown' ? 1 : at < 0 ? 0 : -1)) % items.length)?.focus()
    event.preventDefault()
  })
  all('details.mr-drop').forEach((menu) => menu.addEventListener('toggle', () => menu.open && one('input:not([type=hidden]):not([type=checkbox])', menu)?.focus()))
}

function theme () {
  const form = one('[data-theme-form]')
  form?.addEventListener('submit', (event) => {
    event.preventDefault()
    const button = one('button', form)
    const dark = getComputedStyle(root).colorScheme.includes('dark') &&
      (root.dataset.bsTheme === 'dark' || matchMedia('(prefers-color-scheme: dark)').matches)
    const next = dark ? 'light' : 'dark'
    const body = new FormData(form)
    body.set('theme', next)
    root.dataset.bsTheme = next
    button.value = dark ? 'dark' : 'light'
    fetch(form.action, { method: 'POST', body }).catch(() => {})
  })
}

// data-confirm on a form or on the button that sends it; up to here, and on pages without the dialog, the browser asks.
function confirms () {
  const dialog = one('#confirm')
  if (!dialog) return
  document.removeEventListener('submit', window.mrAsks)
  let sure = false
  document.addEventListener('submit', (event) => {
    const form = event.target
    const button = event.submitter
    const question = button?.dataset.confirm || form.dataset.confirm
    if (!question || sure) return
    event.preventDefault()
    one('#confirm-text').textContent = question
    dialog.returnValue = ''
    dialog.showModal()
    dialog.addEventListener('close', () => {
      if (dialog.returnValue !== 'yes') return
      sure = true
      form.requestSubmit(button || undefined)
      sure = false
    }, { once: true })
  })
}

function inbox () {
  const link = one('[data-stream]')
  if (!link || !window.EventSource) return
  const unread = one('[data-unread]')
  const show = ({ count, unread: fresh }) => {
    unread.textContent = fresh > 99 ? '99+' : fresh.toLocaleString(root.lang, { useGrouping: false })
    unread.hidden = !fresh
    all('[data-inbox-count]').forEach((item) => {
      item.textContent = count.toLocaleString(root.lang, { useGrouping: false })
      item.hidden = !count
    })
    document.dispatchEvent(new CustomEvent('mr:inbox', { detail: count }))
  }
  let source
  const connect = () => {
    source?.close()
    source = new EventSource(link.dataset.stream)
    source.addEventListener('inbox', (event) => show(JSON.parse(event.data)))
    // The server has no stream to spare: ask once in a while, then try for a stream again.
    source.addEventListener('error', () => { if (source.readyState === EventSource.CLOSED && !document.hidden) setTimeout(ask, 20000) })
  }
  const ask = async () => {
    if (document.hidden) return
    try {
      const answer = await fetch(`${link.dataset.stream}?once=1`, { headers: { Accept: 'application/json' } })
      if (answer.ok) show(await answer.json())
    } catch {
      // The next question may get through.
    }
    connect()
  }
  // Browsers allow six connections to a host: a hidden tab gives its own back.
  document.addEventListener('visibilitychange', () => document.hidden ? source?.close() : connect())
  addEventListener('pagehide', () => source?.close())
  if (!document.hidden) connect()
}

// The bell's menu shows the newest when it opens; what is opened there is read, wherever it leads.
function bell () {
  const menu = one('[data-newest]')
  menu?.addEventListener('toggle', async () => {
    if (!menu.open) return
    try {
      const answer = await fetch(menu.dataset.newest, { headers: { Accept: 'text/html' } })
      if (answer.ok && !answer.redirected) one('[data-newest-here]', menu).innerHTML = await answer.text()
    } catch {
      // The link below leads to all of them.
    }
  })
  const read = (event) => {
    const link = event.target.closest('a[data-read]')
    if (!link || event.button > 1) return
    const body = new FormData()
    body.set('csrf_token', one('meta[name=csrf-token]').content)
    fetch(link.dataset.read, { method: 'POST', body, keepalive: true, redirect: 'manual' }).catch(() => {})
  }
  document.addEventListener('click', read)
  document.addEventListener('auxclick', read)
}

// The part of the guide that fits the page, in a drawer; without script, or with a key held, it is a page.
function help () {
  const dialog = one('#help')
  const link = one('[data-help]')
  if (!dialog || !link) return
  const body = one('[data-help-body]', dialog)
  link.addEventListener('click', async (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    try {
      if (!body.firstChild) {
        const answer = await fetch(`${link.href}&part=1`, { headers: { Accept: 'text/html' } })
        if (!answer.ok || answer.redirected) return location.assign(link.href)
        body.innerHTML = await answer.text()
      }
      dialog.showModal()
    } catch {
      location.assign(link.href)
    }
  })
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close())
}

function prints () {
  all('[data-print]').forEach((button) => button.addEventListener('click', () => {
    button.closest('details').open = false
    print()
  }))
}

// Rows that j and k walk through: list rows, tasks, search results
function rows () {
  const items = all('[data-rows] tbody tr, [data-tasks] .mr-task')
  let at = items.findIndex((item) => item.hasAttribute('data-current'))
  const link = (item) => one('a.id, a', item)
  return {
    move (step) {
      if (!items.length) return
      items[at]?.classList.remove('at')
      at = Math.max(0, Math.min(items.length - 1, at + step))
      items[at].classList.add('at')
      link(items[at])?.focus()
      items[at].scrollIntoView({ block: 'nearest' })
    },
    open: () => link(items[at])?.click(),
    pick: () => one('input[name=id]', items[at])?.click(),
    claim: () => one('.mr-claim', items[at])?.click()
  }
}

function keys () {
  const walk = rows()
  let before = ''
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || one('dialog[open]')) return
    const key = event.key
    const go = before === 'g' && key === 'i' && one('[data-inbox]')?.dataset.inbox
    before = key
    if (go) location.href = go
    else if (key === '/') (one('#quick') && event.shiftKey ? one('#quick') : one('#find'))?.focus()
    else if (key === 'j') walk.move(1)
    else if (key === 'k') walk.move(-1)
    else if (key === 'x') walk.pick()
    else if (key === 'c') walk.claim()
    else if (key === '?') one('#keys')?.showModal()
    else if (one(`[data-key="${CSS.escape(key)}"]`)) one(`[data-key="${CSS.escape(key)}"]`).click()
    else return
    event.preventDefault()
  })
}

drawer()
fold()
menus()
theme()
confirms()
inbox()
bell()
help()
prints()
keys()
suggest()
counts()
