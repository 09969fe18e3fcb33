// Dialogs that ask for something: opened, sent, and what is wrong shown beside the field it is about.

import { all, el, icon, one, t } from './dom.js'
import { Refused, Unanswered } from './server.js'

const sheet = (name) => one(`#${name}`)

/** Whether anything is asked now. */
export const asks = () => one('dialog[open]')

/** Whether something is asked, or under way, that nobody may leave. */
export const stays = () => one('dialog[data-stays][open]')

/** Opens a dialog, empty of what it said before; gives its form. */
export function open (name) {
  const dialog = sheet(name)
  const form = one('form', dialog)
  clear(form)
  form.reset()
  if (!dialog.open) dialog.showModal()
  ;(one('[data-first]', dialog) || one('input, select, button[type=submit]', dialog))?.focus()
  return form
}

export const close = (name) => sheet(name).open && sheet(name).close()

/** {dialog: the promise of what it was sent}; only of those that are at it. */
const busy = new Map()

/** What happens when a dialog is sent: `then(form, button)` may raise what was refused. */
export function onSend (name, then) {
  one('form', sheet(name)).addEventListener('submit', (event) => {
    event.preventDefault()
    if (!busy.has(name)) work(name, (form) => then(form, event.submitter))
  })
}

/** When a dialog has done what it was sent; at once where it does nothing. */
export const idle = (...names) => Promise.all(names.map((name) => busy.get(name)))

/** Does what a dialog is for, and says in it what was refused. */
export function work (name, act) {
  const form = one('form', sheet(name))
  clear(form)
  const done = (async () => act(form))().catch((error) => tell(form, error)).finally(() => busy.delete(name))
  busy.set(name, done)
  return done
}

/** Takes away what was said. */
export function clear (form) {
  all('.mr-err', form).forEach((each) => each.remove())
  for (const input of all('[aria-invalid]', form)) {
    input.removeAttribute('aria-invalid')
    input.removeAttribute('aria-describedby')
    input.classList.remove('mr-wrong')
  }
}

/** Says what was refused, beside its field where the form has it. */
export function tell (form, error) {
  if (error instanceof Unanswered) return say(form, t('There is no answer. Look at the network, then try again.'))
  if (!(error instanceof Refused)) throw error
  const loose = Object.entries(error.fields).filter(([name, said]) => !beside(form, name, said)).map(([, said]) => said)
  if (!Object.keys(error.fields).length) loose.push(error.message)
  if (loose.length) say(form, loose.join(' '))
  one('[aria-invalid]', form)?.focus()
}

/** Says something that is about no field alone. */
export function say (form, text) {
  const note = el('p', { class: 'mr-err', role: 'alert' }, icon('alert-circle'), el('span', {}, text))
  ;(one('[data-said]', form) || form).append(note)
}

/** Says what is wrong with a field; false where there is none of that name. */
export function beside (form, name, said) {
  const input = form.elements[name]
  if (!(input instanceof HTMLElement)) return false
  const id = `err-${form.closest('dialog')?.id || 'till'}-${name.replaceAll('.', '-')}`
  input.classList.add('mr-wrong')
  input.setAttribute('aria-invalid', 'true')
  input.setAttribute('aria-describedby', id)
  ;(input.closest('.mr-field') || input.parentElement).append(el('p', { class: 'mr-err', id, role: 'alert' }, icon('alert-circle'), el('span', {}, said)))
  return true
}

/** Says in a dialog what was refused, or a sentence beside one of its fields; nothing of what it said before. */
export const teller = (name, field) => (what) => {
  const form = one('form', sheet(name))
  clear(form)
  if (what instanceof Error) tell(form, what)
  else beside(form, field, what)
}

/** Keeps a touch screen's keyboard away from a field with a pad or a scanner, until somebody touches it. */
export function quiet (field) {
  if (!matchMedia('(pointer: coarse)').matches) return
  const mode = field.inputMode
  field.inputMode = 'none'
  field.addEventListener('pointerdown', () => { field.inputMode = mode })
  field.addEventListener('blur', () => { field.inputMode = 'none' })
}

/** Buttons of a pad type where the form says; closing ones close. */
export function pads () {
  all('[data-padded], [data-quiet]').forEach(quiet)
  document.addEventListener('click', (event) => {
    const button = event.target.closest('dialog [data-digit]')
    if (button) type(one('[data-padded]:not([hidden])', button.form || button.closest('dialog')), button.dataset.digit)
    if (event.target.closest('dialog [data-close]')) event.target.closest('dialog').close()
  })
}

/** One key of a pad into a field, as if it had been typed. */
export function type (input, digit) {
  const [from, to] = input.dataset.fresh ? [0, input.value.length] : [input.value.length, input.value.length]
  delete input.dataset.fresh
  input.value = digit === 'back' ? input.value.slice(0, -1) : input.value.slice(0, from) + digit + input.value.slice(to)
  input.dispatchEvent(new Event('input', { bubbles: true }))
}
