// Two lists whose picked lines must come to the same: a line takes along what it probably is, keys do the rest.

import { again, lost } from './lost.js'
import { format, parse } from './numbers.js'

const one = (selector, root = document) => root.querySelector(selector)
const all = (selector, root = document) => [...root.querySelectorAll(selector)]
const form = () => one('[data-matching]')
const lines = (side) => all(`[data-side=${side}] [data-line]`, form())
const box = (line) => one('input', line)
const plain = (amount) => parse(amount.replace('.', document.documentElement.dataset.decimal))
const places = (line) => line.dataset.amount.split('.')[1]?.length || 0
let at = null
let busy = false

function sum (side) {
  return lines(side).filter((line) => box(line).checked).reduce((total, line) => total + plain(line.dataset.amount), 0n)
}

function count () {
  const bar = one('[data-sums]', form())
  const [told, booked] = [sum('told'), sum('booked')]
  const most = Math.max(0, ...all('[data-line]', form()).slice(0, 1).map(places))
  const said = (amount) => format(amount, most)
  bar.textContent = `${bar.dataset.told} ${said(told)} · ${bar.dataset.booked} ${said(booked)} · ${said(told - booked)} ${bar.dataset.left}`
  const fits = told === booked && all('input:checked', form()).length > 1
  one('[data-hit=Enter]', form()).disabled = !fits
  const nothing = fits || !lines('told').some((line) => box(line).checked)
  for (const makes of all('[formmethod=get]', form())) makes.disabled = nothing
}

// The line and what it probably is, and nothing else.
function choose (line) {
  for (const each of all('input:checked', form())) each.checked = false
  const side = line.closest('[data-side]').dataset.side
  const wanted = new Set(line.dataset.picks?.split(' '))
  box(line).checked = true
  if (side === 'told') for (const other of lines('booked')) box(other).checked = wanted.has(other.dataset.line)
  stand(line)
  const first = side === 'told' && lines('booked').find((other) => box(other).checked)
  if (first) first.scrollIntoView({ block: 'nearest' })
}

function stand (line) {
  at?.classList.remove('at')
  at = line
  at.classList.add('at')
  box(at).focus()
  at.scrollIntoView({ block: 'nearest' })
  count()
}

// What a line says but for its numbers: a bank words its charges alike, and each receipt of a paybill.
const said = (line) => one('.mr-clip', line).textContent.replace(/\d+/g, '').trim()

function alike () {
  const side = at.closest('[data-side]').dataset.side
  for (const line of lines(side)) if (said(line) === said(at)) box(line).checked = true
  count()
}

function move (step) {
  const side = at?.isConnected ? at.closest('[data-side]').dataset.side : 'told'
  const found = lines(side)
  const place = at?.isConnected ? found.indexOf(at) + step : 0
  if (found[place]) choose(found[place])
}

// One at a time: until the answer is there nothing is picked, which would go with the lines that are drawn anew.
function wait (isBusy) {
  busy = isBusy
  form().inert = isBusy
  form().setAttribute('aria-busy', String(isBusy))
}

async function send (button) {
  if (busy) return
  const sent = new FormData(form(), button)
  const place = Math.max(0, lines('told').indexOf(at))
  const focused = document.activeElement
  again(form())
  wait(true)
  let html, answer
  try {
    answer = await fetch(form().action, { method: 'POST', body: sent })
    html = await answer.text()
  } catch {
    wait(false)
    focused.focus()
    return lost(form())
  }
  draw(html, place, answer.ok)
}

function draw (html, place, isDone) {
  const page = new DOMParser().parseFromString(html, 'text/html')
  if (!one('[data-matching]', page)) return location.reload()
  one('#main').replaceWith(one('#main', page))
  at = null
  busy = false
  const next = lines('told')[Math.min(place, lines('told').length - 1)]
  if (isDone && next) choose(next)
  else count()
}

// Keys go on from the line that was clicked.
document.addEventListener('change', (event) => {
  const line = event.target.closest('[data-line]')
  if (line) stand(line)
})

document.addEventListener('submit', (event) => {
  if (event.target !== form() || event.submitter?.formMethod === 'get') return
  event.preventDefault()
  send(event.submitter)
})

document.addEventListener('keydown', (event) => {
  const typing = event.target.matches('input:not([type=checkbox]), textarea, select')
  if (event.ctrlKey || event.metaKey || event.altKey || typing || busy || one('dialog[open]')) return
  const key = event.key
  const hit = one(`[data-hit="${CSS.escape(key)}"]`, form())
  if (key === 'j' || key === 'ArrowDown') move(1)
  else if (key === 'k' || key === 'ArrowUp') move(-1)
  else if (key === 'x' && at) { box(at).checked = !box(at).checked; count() }
  else if (key === 's' && at) alike()
  else if (hit && !(key === 'Enter' && event.target.closest('a, button'))) hit.click()
  else return
  event.preventDefault()
  event.stopPropagation()
}, true)

const first = lines('told')[0]
if (all('input:checked', form()).length) count()
else if (first) choose(first)
else count()
