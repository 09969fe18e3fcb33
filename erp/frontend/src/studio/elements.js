// The fields of each kind of element.

import { choice, field, icon, make, section, text, tick } from './dom.js'
import { called } from './calls.js'
import { business, duration } from './durations.js'
import { event } from './events.js'
import { repeated, repeats } from './repeats.js'
import { freePlace } from './places.js'
import { PEOPLE, staffed } from './staffing.js'
import { spoken } from './times.js'
import { flow, gateway } from './ways.js'

export function elementFields (panel, element, kind) {
  const fields = {
    userTask: person,
    manualTask: byHand,
    serviceTask: action,
    scriptTask: script,
    businessRuleTask: decision,
    callActivity: called,
    lane,
    sequenceFlow: flow,
    startEvent: event,
    endEvent: event,
    intermediateThrowEvent: event,
    intermediateCatchEvent: event,
    boundaryEvent: event,
    sendTask: event,
    receiveTask: event,
    exclusiveGateway: gateway,
    inclusiveGateway: gateway
  }[kind]
  const repeat = repeats(kind, element) ? repeated(panel, element) : null
  return [...(fields ? fields(panel, element) : []), repeat, others(panel, element, kind)].filter(Boolean)
}

const INBOX = ['due', 'icon', 'stand_in', 'calendar']
const EXCHANGED = ['key', 'ttl', 'payload.']
const SHOWN = {
  userTask: ['form', 'edits', ...INBOX, ...PEOPLE],
  manualTask: INBOX,
  callActivity: ['version', 'tag'],
  sendTask: EXCHANGED,
  receiveTask: EXCHANGED,
  startEvent: ['calendar', 'company', 'field.', ...EXCHANGED],
  intermediateCatchEvent: ['calendar', ...EXCHANGED],
  boundaryEvent: ['calendar', ...EXCHANGED],
  intermediateThrowEvent: EXCHANGED,
  endEvent: EXCHANGED
}
const HOLDERS = /(Task|Event|Activity|Process)$/

// What the engine reads beyond the fields above, by its own name; what a file brings is seen and kept.
function others (panel, element, kind) {
  const { t, model } = panel
  if (!HOLDERS.test(kind)) return null
  const shown = ['state', ...(SHOWN[kind] || [])]
  const isShown = (name) => shown.some((each) => each.endsWith('.') ? name.startsWith(each) : name === each)
  const found = model.properties(element).filter((each) => !isShown(each.name))
  const fields = found.map((each) => field({
    label: each.name,
    name: `property_${each.name}`,
    control: text({ value: each.value, dir: 'auto', mono: true, change: (value) => { model.setProperty(element, each.name, value || undefined); if (!value) panel.again() } })
  }))
  const add = text({
    value: '', dir: 'ltr', mono: true, late: true, placeholder: 'key',
    change: (name) => { if (/^[A-Za-z_][\w.-]*$/.test(name.trim())) { model.setProperty(element, name.trim(), ''); panel.again() } }
  })
  const more = make('details', { open: found.length > 0 }, make('summary', {}, t('More')), ...fields,
    field({ label: t('Add a property'), name: 'new_property', control: add, hint: t('What the guide names beyond the fields above, by its name.') }))
  return section('', more)
}

// -- steps of people ---------------------------------------------------------------------------------

function person (panel, element) {
  const { t, model, offered } = panel
  const property = (name) => model.property(element, name) || ''
  const form = property('form')
  const known = offered.forms.find((each) => each.value === form)
  const groups = (own) => own ? t('Of this process') : t('Of other processes')
  const setForm = (value) => {
    const found = offered.forms.find((each) => each.value === value)
    model.setProperties(element, { form: value || undefined, edits: found?.edits.length ? found.edits.join(',') : undefined })
    panel.again()
  }
  return [
    section(t('Who'), role(panel, element), standIn(panel, element)),
    section(t('What is asked'), field({
      label: t('Form'),
      name: 'form',
      hint: known && known.answers.length > 0 ? t('Answers: {names}').replace('{names}', known.answers.map((each) => each.label).join(', ')) : undefined,
      control: choice({ value: form, options: offered.forms.map((each) => ({ ...each, group: groups(each.own) })), empty: t('Choose a form'), change: setForm })
    }), ways(panel, element, known), edits(panel, element, known)),
    staffed(panel, element),
    inTime(panel, element)
  ]
}

function byHand (panel, element) {
  const { t } = panel
  return [section(t('Who'), role(panel, element), standIn(panel, element)), inTime(panel, element)]
}

function inTime (panel, element) {
  const { t, model } = panel
  const isTimed = model.property(element, 'due') || model.property(element, 'calendar')
  return section(t('When'), due(panel, element), isTimed && business(panel, element), picture(panel, element))
}

function standIn (panel, element) {
  const { t, model, offered } = panel
  return field({
    label: t('Stand-in'),
    name: 'stand_in',
    hint: t('Who else may do it when nobody of the role can.'),
    control: choice({ value: model.property(element, 'stand_in'), options: offered.roles, empty: t('Nobody'), change: (value) => model.setProperty(element, 'stand_in', value || undefined) })
  })
}

// To the form's own board, once the drawing is kept.
function ways (panel, element, known) {
  const { t, paths } = panel
  const open = known && make('a', { className: 'btn btn-sm', href: `${paths.forms}/${known.value}`, 'data-leave': true }, icon('forms'), t('Open the form'))
  const begin = panel.newForm && make('button', { type: 'button', className: 'btn btn-sm', onclick: () => panel.newForm(element) }, icon('plus'), t('New form'))
  return (open || begin) && make('div', { className: 'mr-row-x mr-wrap' }, open, begin)
}

function role (panel, element) {
  const { t, model, offered } = panel
  const whole = outermost(model, element)
  const lane = model.lane(whole)
  if (whole !== element) return within(panel, whole, lane)
  const present = model.lanes().map((each) => model.of(each).name)
  const options = [
    ...offered.roles.filter((each) => present.includes(each.value)),
    ...offered.roles.filter((each) => !present.includes(each.value)).map((each) => ({ ...each, group: t('With a new lane') }))
  ]
  return field({
    label: t('Role'),
    name: 'role',
    hint: t('The lane it lies in: choosing another moves it there.'),
    control: choice({ value: lane ? model.of(lane).name : '', options, empty: t('None yet'), change: (value) => { moveTo(panel, element, value); panel.again() } })
  })
}

// The part of the process an element lies in, as a whole; itself where it lies in none.
function outermost (model, element) {
  let found = element
  while (found.parent && model.is(found.parent, 'SubProcess')) found = found.parent
  return found
}

function within (panel, whole, lane) {
  const { t, model, offered } = panel
  return field({
    label: t('Role'),
    name: 'role',
    hint: t('The role of the part it lies in: {name}').replace('{name}', model.of(whole).name || whole.id),
    control: choice({ value: lane ? model.of(lane).name : '', options: offered.roles, empty: t('None yet'), disabled: true, change: () => {} })
  })
}

function moveTo (panel, element, name) {
  const { model, modeler } = panel
  if (!name) return
  const lane = model.lanes().find((each) => model.of(each).name === name) || addLane(panel, name)
  if (!lane) return
  const place = freePlace(model.registry, lane, element)
  model.modeling.moveElements([element], { x: Math.round(place.x - element.x), y: Math.round(place.y - element.y) }, element.parent)
  modeler.get('canvas').scrollToElement(element)
}

function addLane (panel, name) {
  const { model, modeler } = panel
  const lanes = model.lanes()
  const root = modeler.get('canvas').getRootElement()
  if (!lanes.length) {
    const box = modeler.get('canvas').viewbox().inner
    const shape = modeler.get('elementFactory').createShape({ type: 'bpmn:Lane', isHorizontal: true, width: box.width + 160, height: box.height + 80 })
    const made = model.modeling.createShape(shape, { x: box.x + box.width / 2, y: box.y + box.height / 2 }, root)
    model.rename(made, name)
    return made
  }
  const last = lanes.sort((one, other) => one.y + one.height - other.y - other.height).at(-1)
  const shape = modeler.get('elementFactory').createShape({ type: 'bpmn:Lane', isHorizontal: true, width: last.width, height: 140 })
  const made = model.modeling.createShape(shape, { x: last.x + last.width / 2, y: last.y + last.height + 70 }, last.parent)
  model.rename(made, name)
  return made
}

function edits (panel, element, form) {
  const { t, model, offered } = panel
  const now = (model.property(element, 'edits') || '').split(',').map((each) => each.trim()).filter(Boolean)
  const suggested = form?.edits || []
  const set = (names) => model.setProperty(element, 'edits', names.length ? names.join(',') : undefined)
  const possible = offered.fields.filter((each) => !each.readonly || now.includes(each.value))
  const unknown = now.filter((name) => !possible.some((each) => each.value === name)).map((value) => ({ value, label: value }))
  const list = [...possible, ...unknown].filter((each) => now.includes(each.value) || suggested.includes(each.value))
  const others = possible.filter((each) => !list.includes(each))
  const box = make('fieldset', { className: 'mr-fieldset' }, make('legend', { className: 'form-label' }, t('Fields it may change')),
    ...list.map((each) => tick({
      label: each.label,
      value: now.includes(each.value),
      change: (on) => {
        set(on ? [...now, each.value] : now.filter((name) => name !== each.value))
        panel.draw()
      }
    })),
    list.length === 0 && make('p', { className: 'mr-hint' }, t('None: the form only asks and shows.')))
  const more = choice({ value: '', options: others, empty: t('Add a field'), change: (value) => { set([...now, value]); panel.again() } })
  more.name = 'more_edits'
  more.setAttribute('aria-label', t('Add a field'))
  box.append(more)
  if (suggested.some((name) => !now.includes(name))) {
    box.append(make('button', { type: 'button', className: 'btn btn-sm', onclick: () => { set([...new Set([...now, ...suggested])]); panel.draw() } }, t('As the form asks')))
  }
  return box
}

function due (panel, element) {
  const { t, model, offered } = panel
  const value = model.property(element, 'due') || ''
  return duration(panel, {
    label: t('Due within'),
    name: 'due',
    value,
    empty: true,
    hint: value ? spoken(value, offered.language) : t('Empty: it is never late.'),
    change: (found) => model.setProperty(element, 'due', found || undefined)
  })
}

function picture (panel, element) {
  const { t, model, offered } = panel
  const list = make('datalist', { id: 'icons' }, ...offered.icons.map((value) => make('option', { value })))
  const value = model.property(element, 'icon') || ''
  const control = text({ value, dir: 'ltr', list: 'icons', change: (found) => { model.setProperty(element, 'icon', found.trim() || undefined); panel.again() } })
  const error = value && !offered.icons.includes(value) ? t('There is no such icon.') : undefined
  return make('div', {}, field({ label: t('Icon'), name: 'icon', control, error, tag: value && !error ? icon(value) : undefined }), list)
}

// -- actions -----------------------------------------------------------------------------------------

function action (panel, element) {
  const { t, model, offered } = panel
  const now = model.operator(element)
  const known = offered.actions.find((each) => each.value === now.id)
  const set = (changes) => model.setOperator(element, { ...now, ...changes })
  const pick = (id) => {
    const found = offered.actions.find((each) => each.value === id)
    const kept = now.parameters.filter((each) => found?.parameters.some(({ name }) => name === each.id))
    const missing = (found?.parameters || []).filter(({ name, optional }) => !optional && !kept.some((each) => each.id === name))
    set({ id, parameters: [...kept, ...missing.map(({ name, type }) => ({ id: name, type, value: name }))] })
    panel.again()
  }
  const parameters = known?.parameters || now.parameters.map(({ id, type }) => ({ name: id, type }))
  return [
    section(t('Action'), field({
      label: t('What is done'),
      name: 'action',
      hint: known && [known.help, known.more].filter(Boolean).join(' '),
      control: choice({ value: now.id, options: offered.actions.map((each) => ({ ...each, group: each.plugin })), empty: t('Choose an action'), change: pick })
    }), known?.outside && make('p', { className: 'mr-hint mr-outside' }, icon('send'), make('span', {}, t('Goes outside: it is tried again until it is answered, and happens once.')))),
    parameters.length > 0 && section(t('What it is told'), ...parameters.map((each) => parameter(panel, element, now, each, set))),
    section(t('What comes back'), field({
      label: t('Keep the result as'),
      name: 'result',
      hint: t('A name later conditions can ask for; empty if nothing is needed.'),
      control: text({ value: now.result, dir: 'ltr', mono: true, change: (result) => set({ result: result.trim() }) })
    }))
  ].filter(Boolean)
}

function parameter (panel, element, now, { name, type, optional }, set) {
  const { t } = panel
  const given = now.parameters.find((each) => each.id === name)
  const words = { str: t('text'), int: t('whole number'), decimal: t('number'), bool: t('yes or no'), date: t('day') }
  const change = (value) => {
    const others = now.parameters.filter((each) => each.id !== name)
    const at = now.parameters.indexOf(given)
    const made = { id: name, type, value }
    if (value.trim()) others.splice(at < 0 ? others.length : at, 0, made)
    now.parameters = others
    set({ parameters: others })
  }
  return field({
    label: name.replace(/_/g, ' ').replace(/^./, (letter) => letter.toUpperCase()),
    name: `parameter_${name}`,
    tag: words[type] || type,
    hint: [optional && t('May be left empty.'), literal(given?.value) === null && given?.value ? t('Worked out when the step runs.') : undefined].filter(Boolean).join(' ') || undefined,
    control: text({ value: given?.value, dir: 'ltr', mono: true, list: 'names', change, placeholder: type === 'str' ? "'text' · document.field" : 'document.field' })
  })
}

function literal (value) {
  return /^('[^']*'|"[^"]*"|-?\d+(\.\d+)?|True|False|None)$/.test((value || '').trim()) ? value : null
}

function script (panel, element) {
  const { t, model } = panel
  return [section(t('Script'), field({
    label: t('What it works out'),
    name: 'script',
    hint: t('Lines such as total = document.total * 2. It reads the document and answers, and reaches nothing else.'),
    control: text({ value: model.of(element).script, lines: 8, dir: 'ltr', mono: true, change: (value) => model.set(element, { script: value, scriptFormat: model.of(element).scriptFormat || 'python' }) })
  }))]
}

function decision (panel, element) {
  const { t, model, offered } = panel
  const key = model.decision(element)
  const known = offered.decisions.find((each) => each.value === key)
  return [section(t('Decision'), field({
    label: t('Table'),
    name: 'decision',
    hint: known?.outputs.length ? t('Answers: {names}').replace('{names}', known.outputs.join(', ')) : undefined,
    control: choice({ value: key, options: offered.decisions, empty: t('Choose a table'), change: (value) => { model.setDecision(element, value); panel.again() } })
  }), make('p', { className: 'mr-row-x' },
    known && make('a', { className: 'btn btn-sm', href: `${tables()}/${key}`, 'data-leave': true }, icon('table'), t('Open table')),
    panel.edits && make('a', { className: 'btn btn-sm', href: `${tables()}/new?step=${encodeURIComponent(element.id)}`, 'data-leave': true }, icon('plus'), t('New table…'))))]
}

const tables = () => `/studio/${document.getElementById('studio').dataset.key}/tables`

function lane (panel, element) {
  const { t, model, offered } = panel
  return [section(t('Who'), field({
    label: t('Role'),
    name: 'role',
    hint: t('Whoever plays this role may do the steps in this lane.'),
    control: choice({ value: model.of(element).name, options: offered.roles, empty: t('None yet'), change: (value) => model.rename(element, value) })
  }))]
}
