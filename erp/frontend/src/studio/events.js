// States, timers, errors, and the messages and signals between processes.

import { choice, field, icon, make, section, text, tick } from './dom.js'
import { business, duration } from './durations.js'
import { reading } from './times.js'

const TYPES = ['str', 'int', 'decimal', 'bool', 'date']

export function event (panel, element) {
  const { t, model } = panel
  const found = model.event(element)
  const parts = []
  if (!found && model.is(element, 'StartEvent', 'EndEvent', 'IntermediateThrowEvent')) parts.push(state(panel, element))
  if (found?.$type === 'bpmn:TimerEventDefinition') parts.push(timer(panel, element))
  const channel = model.channel(element)
  if (channel) parts.push(exchanged(panel, element, channel))
  if (found?.$type === 'bpmn:ErrorEventDefinition') parts.push(error(panel, element, found))
  if (found && begins(model, element)) parts.push(made(panel, element))
  if (model.is(element, 'BoundaryEvent') && found?.$type !== 'bpmn:ErrorEventDefinition') {
    parts.push(interrupts(panel, element, 'cancelActivity', t('Ends the step it sits on')))
  }
  if (found && found.$type !== 'bpmn:ErrorEventDefinition' && model.of(element).$parent?.triggeredByEvent) {
    parts.push(interrupts(panel, element, 'isInterrupting', t('Ends what else is going on there')))
  }
  return parts
}

const begins = (model, element) => model.is(element, 'StartEvent') && model.of(element).$parent?.$type === 'bpmn:Process'

function interrupts ({ model }, element, name, label) {
  const box = tick({ label, value: model.of(element)[name] !== false, change: (on) => model.set(element, { [name]: on }) })
  box.querySelector('input').name = 'interrupting'
  return section('', box)
}

function state (panel, element) {
  const { t, model, offered } = panel
  return section(t('State of the document'), field({
    label: t('Badge'),
    name: 'state',
    hint: t('Passing it sets the document’s state to its name.'),
    control: choice({
      value: model.property(element, 'state') ?? '',
      options: offered.states,
      empty: t('Sets no state'),
      change: (value) => { model.setProperty(element, 'state', value || undefined); panel.again() }
    })
  }))
}

function timer (panel, element) {
  const { t, model, offered } = panel
  const now = model.timer(element)
  const kinds = [
    { value: 'duration', label: t('After a time') }, { value: 'date', label: t('On a day') }, { value: 'cycle', label: t('Again and again') }
  ]
  const begin = { duration: 'P1D', date: new Date().toISOString().slice(0, 16) + ':00Z', cycle: 'R3/P1D' }
  const set = (text) => model.setTimer(element, now.kind, text)
  const hint = reading(now, t, offered.language) || t('This is no time yet.')
  const value = now.kind === 'duration'
    ? duration(panel, { label: t('Time'), name: 'timer', value: now.text, hint, change: set })
    : field({ label: t('Time'), name: 'timer', tag: 'ISO 8601', hint, control: text({ value: now.text, dir: 'ltr', mono: true, change: (text) => { set(text.trim()); panel.again() } }) })
  const counts = now.kind !== 'date' && !begins(model, element)
  return section(t('When'), field({
    label: t('It goes on'),
    name: 'timer_kind',
    control: choice({ value: now.kind, options: kinds, change: (kind) => { model.setTimer(element, kind, begin[kind]); panel.again() } })
  }), value, (counts || model.property(element, 'calendar')) && business(panel, element))
}

function error (panel, element, found) {
  const { t, model } = panel
  const list = make('datalist', { id: 'errors' }, ...model.errors().map((each) => make('option', { value: each.errorCode || '' })))
  const ends = model.is(element, 'EndEvent')
  return section(t('Error'), field({
    label: t('Code'),
    name: 'error',
    hint: ends ? t('The process that calls this one catches it by this code.') : t('Empty: every error is caught.'),
    control: text({ value: found.errorRef?.errorCode, dir: 'ltr', mono: true, list: 'errors', change: (code) => model.setError(element, code.trim()) })
  }), list)
}

// -- messages and signals ----------------------------------------------------------------------------

function exchanged (panel, element, channel) {
  const { t, model } = panel
  const list = make('datalist', { id: 'channels' }, ...model.channels(channel.type).map((each) => make('option', { value: each.name || '' })))
  const isMessage = channel.type === 'bpmn:Message'
  const isThrown = model.is(element, 'IntermediateThrowEvent', 'EndEvent', 'SendTask')
  const asksKey = isMessage && !begins(model, element)
  const property = (name) => model.property(element, name)
  const set = (name) => (value) => model.setProperty(element, name, value.trim() || undefined)
  return section(isMessage ? t('Message') : t('Signal'), field({
    label: t('Its name'),
    name: 'channel',
    hint: t('The same name where it is sent and where it is awaited.'),
    control: text({ value: channel.name, dir: 'ltr', mono: true, list: 'channels', change: (name) => model.setChannel(element, channel, name.trim()) })
  }), list, (asksKey || property('key') !== undefined) && field({
    label: t('Which document is meant'),
    name: 'key',
    hint: t('What both sides know, as document.number: the message comes to whoever waits with the same.'),
    control: text({ value: property('key'), dir: 'ltr', mono: true, list: 'names', change: set('key') })
  }), ((isMessage && isThrown) || property('ttl') !== undefined) && duration(panel, {
    label: t('Kept for'),
    name: 'ttl',
    value: property('ttl'),
    empty: true,
    hint: t('How long it waits for somebody to take it; empty: as long as is usual.'),
    change: set('ttl')
  }), pairs(panel, element, 'payload.', isThrown
    ? { title: t('What goes with it'), add: t('Add a name'), value: t('Value') }
    : { title: t('What comes with it'), add: t('Add a name'), value: t('Kind'), types: TYPES }))
}

// How a document is made by a message, a signal or the clock.
function made (panel, element) {
  const { t, model, offered } = panel
  return section(t('The new document'), field({
    label: t('Company'),
    name: 'company',
    control: choice({ value: model.property(element, 'company'), options: offered.companies.map((each) => ({ value: each, label: each })), empty: t('That of who published it'), change: (value) => model.setProperty(element, 'company', value || undefined) })
  }), pairs(panel, element, 'field.', { title: t('Fields that are filled'), add: t('Add a field'), value: t('Value'), fields: true }))
}

// Properties that begin alike, as rows of name and value.
function pairs (panel, element, prefix, { title, add, value, types, fields }) {
  const { t, model, offered } = panel
  const words = { str: t('text'), int: t('whole number'), decimal: t('number'), bool: t('yes or no'), date: t('day') }
  const found = model.properties(element).filter((each) => each.name.startsWith(prefix))
  const rows = found.map(({ name, value: now }) => {
    const short = name.slice(prefix.length)
    const change = (given) => model.setProperty(element, name, given)
    const control = types
      ? choice({ value: now, options: types.map((each) => ({ value: each, label: words[each] })), change })
      : text({ value: now, dir: 'ltr', mono: true, list: 'names', change: (given) => change(given.trim()) })
    control.name = name
    control.setAttribute('aria-label', `${short}: ${value}`)
    return make('div', { className: 'mr-named' }, make('code', { dir: 'ltr' }, short), control,
      make('button', { type: 'button', className: 'btn btn-sm mr-btn-quiet', 'aria-label': t('Remove this part'), onclick: () => { model.setProperty(element, name, undefined); panel.again() } }, icon('x')))
  })
  const begin = (name) => {
    if (!/^[A-Za-z]\w*$/.test(name.trim())) return
    model.setProperty(element, prefix + name.trim(), types ? 'str' : '')
    panel.again()
  }
  const free = offered.fields.filter((each) => !each.readonly && !found.some(({ name }) => name === prefix + each.value))
  const more = fields
    ? choice({ value: '', options: free, empty: add, change: begin })
    : text({ value: '', dir: 'ltr', mono: true, late: true, placeholder: add, change: begin })
  more.name = `new_${prefix}`
  more.setAttribute('aria-label', add)
  return make('fieldset', { className: 'mr-fieldset' }, make('legend', { className: 'form-label' }, title), ...rows, more)
}
