// The keyboard: every action has a key, letters go to the field for codes, and a scanner is heard wherever the cursor is.

import { asks, close, stays } from './asking.js'
import { one } from './dom.js'
import { Scanner } from './scanner.js'

const NAMED = { F1: 'keys', F2: 'scan', F3: 'customer', F4: 'hold', F6: 'recall', F7: 'last', F8: 'return', F9: 'pay', F10: 'menu' }
const LINE = { ArrowUp: 'up', ArrowDown: 'down', '+': 'more', '-': 'less', Delete: 'remove' }

/** A hand or a scanner that has rested so long, in milliseconds, is not in the middle of something. */
const REST = 200
let last = -REST

/** Does it while nobody types: a browser that prints loses keys. */
export function quietly (act) {
  const left = last + REST - performance.now()
  if (left > 0) setTimeout(() => quietly(act), left)
  else act()
}

const writes = (element) => element.matches?.('input:not([type=radio]):not([type=checkbox]), textarea, select')

/** Wires the keyboard; `act(name)` does an action, `scanned(code)` takes what a scanner sent. */
export function keys (act, scanned) {
  const scanner = new Scanner()
  let before = []

  window.addEventListener('keydown', (event) => {
    last = performance.now()
    if (event.ctrlKey || event.metaKey || event.isComposing) return
    const code = scanner.key(event.key, event.timeStamp)
    if (scanner.length === 1 && event.key.length === 1) before = []
    if (code) {
      event.preventDefault()
      event.stopImmediatePropagation()
      for (const { field, value } of before) field.value = value
      return scanned(code)
    }
    pressed(event, act, event.key.length === 1 && scanner.isFast && !event.repeat)
    before.push(...found(document.activeElement, before))
  }, true)
}

/**
 * A field as it is before a scanner types into it, once: a dialog may close while it does, and the next field is typed
 * into. What is selected in the field for codes would be typed over.
 */
function found (field, before) {
  if (!field || !writes(field) || before.some((each) => each.field === field)) return []
  const isOver = field === one('#scan') && field.selectionStart === 0 && field.selectionEnd === field.value.length
  return [{ field, value: isOver ? '' : field.value }]
}

const types = (event) => event.key.length === 1 && event.key !== ' ' && !event.altKey && !writes(event.target)

/** One key of a person; a `-` in the middle of a code takes nothing off a line. */
function pressed (event, act, isScanned) {
  const scan = one('#scan')
  // whoever types on after a sale, or presses a key for something, begins the next one
  if (asks()?.id === 'paid' && (types(event) || NAMED[event.key])) close('paid')
  // a browser closes a dialog at the second Escape, whatever its page says to the first
  if (event.key === 'Escape' && stays()) return event.preventDefault()
  if (asks()) return
  const lock = event.altKey && event.code === 'KeyL' && 'lock'
  const name = lock || (event.altKey ? '' : NAMED[event.key] || (!isScanned && !(writes(event.target) && scan.value) && LINE[event.key]))
  if (name && !(event.target.closest?.('[data-tiles]') && LINE[event.key] && event.key.startsWith('Arrow'))) {
    event.preventDefault()
    act(name)
  } else if (event.key === 'Escape') {
    scan.value = ''
    scan.dispatchEvent(new Event('input', { bubbles: true }))
    scan.focus()
  } else if (types(event)) {
    scan.focus()
  }
}
