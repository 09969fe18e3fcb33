// How each component looks on the board: as on our pages, and without a control one could get lost in.

import { h } from 'preact'

const box = (text, className = '') => h('span', { class: `form-control mr-asked-box ${className}`, 'aria-hidden': 'true' }, h('bdi', {}, text))
const unit = (field) => field.properties?.unit || field.appearance?.suffixAdorner || { percent: '%', money: '¤' }[field.properties?.kind]

function labelled (field, control) {
  const shown = field.label || field.dateLabel || field.timeLabel || field.key
  return h('div', { class: 'fjs-form-field mr-asked' },
    h('span', { class: 'form-label' }, h('bdi', {}, shown), field.validate?.required && h('span', { class: 'mr-req', 'aria-hidden': 'true' }, ' *')),
    control,
    (field.description || field.properties?.help) && h('span', { class: 'mr-hint' }, h('bdi', {}, field.properties?.help || field.description)))
}

const one = (field, className) => {
  const measure = unit(field)
  return measure ? h('span', { class: 'mr-asked-pair' }, box('', className), h('span', { class: 'mr-asked-unit' }, measure)) : box('', className)
}

const values = (field) => (field.values || []).map((each) => each.label || each.value)

function choice (field) {
  if (field.properties?.kind === 'buttons') return h('span', { class: 'mr-row-x' }, values(field).map((each, place) => h('span', { class: `btn${place ? '' : ' btn-primary'}` }, h('bdi', {}, each))))
  if (field.type === 'select') return box(values(field).join(' · '), 'mr-asked-select')
  return h('span', { class: 'mr-asked-options' }, values(field).map((each) => h('span', {}, h('i', { 'aria-hidden': 'true' }), h('bdi', {}, each))))
}

function tick ({ field }) {
  return h('div', { class: 'fjs-form-field mr-asked mr-asked-tick' }, h('i', { 'aria-hidden': 'true' }),
    h('span', {}, h('bdi', {}, field.label || field.key), field.validate?.required && h('span', { class: 'mr-req', 'aria-hidden': 'true' }, ' *')))
}

const static_ = (field) => h('div', { class: 'fjs-form-field mr-asked mr-asked-text', dir: 'auto' }, field.type === 'html' ? field.content : field.text)

export function registerDrawn (formFields, t, names) {
  const leaf = (type, group, draw, more = {}) => {
    const Component = more.whole ? draw : ({ field }) => labelled(field, draw(field))
    const drawn = (props) => h(Component, props)
    drawn.config = { type, name: names.get(type) || type, group, keyed: true, emptyValue: null, create: (options = {}) => ({ ...options }), ...more.config }
    formFields.register(type, drawn)
  }
  leaf('textfield', 'basic-input', (field) => one(field))
  leaf('textarea', 'basic-input', (field) => one(field, 'mr-asked-area'))
  leaf('number', 'basic-input', (field) => one(field, 'mr-asked-number'))
  leaf('datetime', 'basic-input', (field) => box({ time: '00:00', date: '0000-00-00' }[field.subtype || 'date'] || '0000-00-00 00:00'))
  leaf('filepicker', 'basic-input', (field) => box(field.properties?.kind === 'signature' ? '✍' : '…', field.properties?.kind === 'signature' ? 'mr-asked-area' : ''))
  leaf('select', 'selection', choice)
  leaf('radio', 'selection', choice)
  leaf('checkbox', 'selection', tick, { whole: true })
  for (const type of ['text', 'html']) leaf(type, 'presentation', ({ field }) => static_(field), { whole: true, config: { keyed: false } })
  const known = formFields.get.bind(formFields)
  formFields.get = (type) => KEPT.has(type) ? known(type) : foreign(type, t)
}

const KEPT = new Set(['textfield', 'textarea', 'number', 'datetime', 'filepicker', 'select', 'radio', 'checkbox', 'text', 'html', 'separator', 'group', 'dynamiclist', 'default'])
const strangers = new Map()

// What another program drew and our pages do not show stays in the form, seen and told as a problem.
function foreign (type, t) {
  if (!strangers.has(type)) {
    const Component = ({ field }) => h('div', { class: 'fjs-form-field mr-asked mr-asked-foreign' }, t('Not shown: {type}').replace('{type}', field.type))
    Component.config = { type, name: type, group: 'presentation', keyed: false, create: (options = {}) => ({ ...options }) }
    strangers.set(type, Component)
  }
  return strangers.get(type)
}
