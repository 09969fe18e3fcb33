// Forms: link fields, lines, mentions, unsaved changes, Ctrl+S and Ctrl+Enter, previews of photos, progress of an import.

import { combobox } from './combobox.js'
import { lines } from './lines.js'
import { mention } from './mention.js'
import { signature } from './signature.js'

const UNDERWAY = 3000

/** A second press while a form is on its way sends nothing; where its answer leaves the page standing, it may after a while. */
function leaving () {
  const sent = new Map()
  // up here everybody has been heard who asks something before a form leaves
  addEventListener('submit', (event) => {
    const form = event.target
    if (event.defaultPrevented || !form.matches('[data-form]')) return
    if (event.timeStamp - sent.get(form) < UNDERWAY) return event.preventDefault()
    sent.set(form, event.timeStamp)
  })
  addEventListener('pageshow', () => sent.clear())
}

/** Who goes back finds what was typed, often in a form that was asked for anew: its key is that of the form they had. */
function keyed (input) {
  const [arrival] = performance.getEntriesByType('navigation')
  if (arrival?.type === 'back_forward' && history.state?.key) input.value = history.state.key
  else history.replaceState({ ...history.state, key: input.value }, '')
}

function unsaved (form) {
  const bar = form.querySelector('[data-savebar]')
  const say = form.querySelector('[data-say]')
  let dirty = false
  const mark = (event) => {
    if (event.target.closest?.('[data-noform]')) return
    dirty = true
    bar?.classList.add('dirty')
    if (say) say.textContent = say.dataset.say
  }
  form.addEventListener('input', mark)
  form.addEventListener('change', mark)
  form.addEventListener('submit', () => { dirty = false })
  addEventListener('beforeunload', (event) => { if (dirty) event.preventDefault() })
  document.addEventListener('keydown', (event) => {
    const save = (event.ctrlKey || event.metaKey) && (event.key === 's' || event.key === 'Enter')
    if (!save || (event.key === 's' && form.dataset.form === 'task')) return
    event.preventDefault()
    if (event.repeat) return
    form.requestSubmit(form.querySelector('button.btn-primary'))
  })
  form.querySelector('.mr-wrong')?.focus()
}

function previews (zone) {
  const place = zone.querySelector('[data-previews]')
  zone.querySelector('input').addEventListener('change', (event) => {
    place.replaceChildren(...[...event.target.files].filter((file) => file.type.startsWith('image/')).map((file) => {
      const reader = new FileReader()
      const image = Object.assign(document.createElement('img'), { alt: file.name })
      reader.addEventListener('load', () => { image.src = reader.result })
      reader.readAsDataURL(file)
      return image
    }))
  })
}

function progress (panel) {
  const bar = panel.querySelector('[role=progressbar]')
  const ask = async () => {
    try {
      const state = await (await fetch(panel.dataset.progress, { headers: { Accept: 'application/json' } })).json()
      if (state.finished) return location.reload()
      bar.setAttribute('aria-valuenow', state.percent)
      bar.firstElementChild.style.width = `${state.percent}%`
      panel.querySelector('[data-progress-text]').textContent = state.text
      panel.querySelector('[data-progress-percent]').textContent = `${state.percent.toLocaleString(document.documentElement.lang)} %`
    } catch {
      // The next question may get through.
    }
    setTimeout(ask, 1000)
  }
  setTimeout(ask, 600)
}

document.querySelectorAll('[data-lines]').forEach(lines)
document.querySelectorAll('[data-combo]').forEach((box) => box.closest('[data-line]') || combobox(box))
document.querySelectorAll('[data-mention]').forEach(mention)
document.querySelectorAll('[name=form_key]').forEach(keyed)
leaving()
document.querySelectorAll('[data-form]').forEach(unsaved)
document.querySelectorAll('[data-files]').forEach(previews)
document.querySelectorAll('[data-signature]').forEach(signature)
document.querySelectorAll('[data-progress]').forEach(progress)
