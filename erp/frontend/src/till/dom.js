// Small pieces of the page. Text is always set as text: nothing that was typed or sent becomes markup.

import { format } from '../numbers.js'

const words = JSON.parse(document.querySelector('#words').textContent)
const icons = document.querySelector('[data-till]').dataset.icons

export const one = (selector, from = document) => from.querySelector(selector)
export const all = (selector, from = document) => [...from.querySelectorAll(selector)]

/** A text in the reader's language, `{name}` filled in. */
export const t = (text, values = {}) => (words[text] ?? text).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole)

/** An element; attributes that are false or missing are left out. */
export function el (tag, attributes = {}, ...children) {
  const found = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null && value !== false) found.setAttribute(name, value === true ? '' : value)
  }
  found.append(...children.filter((child) => child || child === 0))
  return found
}

export function icon (name, flips = false) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  svg.setAttribute('class', flips ? 'ti mr-flip' : 'ti')
  svg.setAttribute('aria-hidden', 'true')
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use')
  use.setAttribute('href', `${icons}#${name}`)
  svg.append(use)
  return svg
}

/** The lot or serial number of a line, where it has one. */
export const lotOf = ({ lot }) => lot && el('span', { class: 'mr-till-lot' }, icon('barcode'), el('bdi', {}, lot))

/** A quantity without zeros that say nothing. */
export function many (value) {
  let places = 6
  for (let size = value; places && size % 10n === 0n; size /= 10n) places--
  return format(value, places)
}

/** The first letters of the first two words. */
export const initials = (text) => text.split(/\s+/).map((word) => [...word][0]).slice(0, 2).join('').toUpperCase()

/** A moment as the reader's clock shows it. */
export const clock = (iso) => iso ? new Intl.DateTimeFormat(document.documentElement.lang, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date(iso)) : ''
