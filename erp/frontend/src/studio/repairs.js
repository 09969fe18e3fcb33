// Problems with one right way out, by the linter's rule: what a click says, and what it does.

import { slug } from './model.js'
import { nearest } from './near.js'

const MADE = /^(Activity|Event|Gateway)_[0-9a-z]{7}$/
const DURATION = /^P(?=[0-9T])(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?$/
const UNITS = { minute: 'M', hour: 'H', day: 'D', week: 'W', month: 'M', year: 'Y' }

const REPAIRS = {
  name: unnamed,
  'no-default': otherwise,
  'condition-missing': (desk, flow) => otherwise(desk, flow.source),
  'condition-place': (desk, flow) => taken(desk, () => desk.model.setCondition(flow, '')),
  'parallel-condition': noConditions,
  'default-flow': (desk, element) => taken(desk, () => desk.model.set(element, { default: undefined })),
  'timer-invalid': timer,
  'due-invalid': (desk, element) => duration(desk, desk.model.property(element, 'due'), (text) => desk.model.setProperty(element, 'due', text)),
  'remind-invalid': (desk, element) => duration(desk, desk.model.property(element, 'remind'), (text) => desk.model.setProperty(element, 'remind', text)),
  'lane-role': role,
  'stand-in-role': (desk, element) => meant(desk, desk.model.property(element, 'stand_in'), desk.offered.roles, (value) => desk.model.setProperty(element, 'stand_in', value)),
  'form-unknown': (desk, element) => meant(desk, desk.model.property(element, 'form'), desk.offered.forms, (value) => desk.model.setProperty(element, 'form', value)),
  'form-edits': allowed,
  'decision-unknown': (desk, element) => meant(desk, desk.model.decision(element), desk.offered.decisions, (value) => desk.model.setDecision(element, value)),
  'call-unknown': (desk, element) => meant(desk, desk.model.of(element).calledElement, desk.offered.processes, (value) => desk.model.set(element, { calledElement: value })),
  'call-version': (desk, element) => says(desk.t('Call the newest'), () => desk.model.setProperties(element, { version: undefined, tag: undefined })),
  'action-unknown': (desk, element) => meant(desk, desk.model.operator(element).id, desk.offered.actions, (id) => desk.model.setOperator(element, { ...desk.model.operator(element), id })),
  'parameter-unknown': parameterAway,
  'parameter-kind': parameterKind,
  'edits-field': edited,
  'first-state': (desk, element) => says(desk.t('Make it a state'), () => desk.model.setProperty(element, 'state', 'idle')),
  'state-missing': milestone,
  'error-interrupts': (desk, element) => says(desk.t('Make it interrupt'), () => desk.model.set(element, { [desk.model.is(element, 'StartEvent') ? 'isInterrupting' : 'cancelActivity']: true })),
  'no-end': ended,
  'property-unknown': propertyAway,
  'property-place': propertyAway,
  'approval-property': propertyAway,
  'approval-candidates': (desk, element) => taken(desk, () => desk.model.setProperties(element, { candidates: undefined, assign_to: undefined })),
  'calendar-place': (desk, element) => taken(desk, () => desk.model.setProperty(element, 'calendar', undefined)),
  'calendar-unknown': (desk, element) => says(desk.t('Take “{name}”').replace('{name}', 'business'), () => desk.model.setProperty(element, 'calendar', 'business')),
  'key-place': (desk, element) => taken(desk, () => desk.model.setProperty(element, 'key', undefined)),
  'ttl-place': (desk, element) => taken(desk, () => desk.model.setProperty(element, 'ttl', undefined))
}

// { label, apply } of a problem, null where it needs a thought.
export function repairOf (desk, problem) {
  const repair = REPAIRS[problem.rule]
  const element = problem.element && desk.model.registry.get(problem.element)
  if (!repair || (problem.element && !element)) return null
  return repair(desk, element, problem)
}

const says = (label, apply) => ({ label, apply })

function taken ({ t }, apply) {
  return says(t('Take it away'), apply)
}

// The one thing there is that is called nearly so.
function meant ({ t }, wanted, options, apply) {
  const found = nearest(wanted, options)
  return found && says(t('Take “{name}”').replace('{name}', found.label), () => apply(found.value))
}

// The step may change what its form fills.
function allowed ({ t, model, offered }, element) {
  const now = (model.property(element, 'edits') || '').split(',').map((each) => each.trim()).filter(Boolean)
  const asked = offered.forms.find((each) => each.value === model.property(element, 'form'))?.edits || []
  return asked.length ? says(t('As the form asks'), () => model.setProperty(element, 'edits', [...new Set([...now, ...asked])].join(','))) : null
}

function unnamed ({ t, model, offered }, element) {
  const labelOf = (options, value) => options.find((each) => each.value === value)?.label
  const kinds = {
    ServiceTask: () => labelOf(offered.actions, model.operator(element).id),
    BusinessRuleTask: () => labelOf(offered.decisions, model.decision(element)),
    CallActivity: () => labelOf(offered.processes, model.of(element).calledElement)
  }
  const kind = Object.keys(kinds).find((each) => model.is(element, each))
  const told = (kind && kinds[kind]()) || (!MADE.test(element.id) && element.id.replace(/_/g, ' ').replace(/^./, (letter) => letter.toUpperCase()))
  return told ? says(t('Call it “{name}”').replace('{name}', told), () => model.rename(element, told)) : null
}

// The only way without a condition is the one otherwise taken.
function otherwise ({ t, model }, gateway) {
  if (model.of(gateway).default) return null
  const open = gateway.outgoing.filter((each) => !model.condition(each))
  if (open.length !== 1) return null
  const to = model.of(open[0]).name || model.of(open[0].target).name || open[0].target.id
  return says(t('Otherwise: “{name}”').replace('{name}', to), () => model.set(gateway, { default: model.of(open[0]) }))
}

function noConditions (desk, gateway) {
  return taken(desk, () => gateway.outgoing.forEach((each) => desk.model.condition(each) && desk.model.setCondition(each, '')))
}

// `"P2D"`, `p2d` and `2 days` -> P2D; null for what is no time
export function asDuration (text) {
  const plain = (text || '').trim().replace(/^["'](.*)["']$/, '$1').trim()
  if (DURATION.test(plain.toUpperCase())) return plain.toUpperCase()
  const found = /^(\d{1,4}) ?([a-z]+?)s?$/i.exec(plain)
  const unit = found && UNITS[found[2].toLowerCase()]
  if (!unit) return null
  return /^(minute|hour)$/i.test(found[2]) ? `PT${found[1]}${unit}` : `P${found[1]}${unit}`
}

function duration ({ t }, text, apply) {
  const found = asDuration(text)
  return found && found !== text ? says(t('Write {text}').replace('{text}', found), () => apply(found)) : null
}

function timer (desk, element) {
  const now = desk.model.timer(element)
  return now?.kind === 'duration' ? duration(desk, now.text, (text) => desk.model.setTimer(element, 'duration', text)) : null
}

function role (desk, element) {
  const lane = desk.model.lane(element)
  return lane ? meant(desk, desk.model.of(lane).name, desk.offered.roles, (value) => desk.model.rename(lane, value)) : null
}

// What a message is about, whatever marks the language puts around names.
const named = (list, { message }, nameOf) => list.find((each) => isNamed(message, nameOf(each)))

function isNamed (message, name) {
  return Boolean(name) && message.split(/[^\w.-]+/).some((word) => word === name || word === `${name}.`)
}

function parameterAway (desk, element, problem) {
  const now = desk.model.operator(element)
  const found = named(now.parameters, problem, (each) => each.id)
  return found && taken(desk, () => desk.model.setOperator(element, { ...now, parameters: now.parameters.filter((each) => each !== found) }))
}

function parameterKind (desk, element, problem) {
  const { t, model, offered } = desk
  const now = model.operator(element)
  const found = named(now.parameters, problem, (each) => each.id)
  const kind = offered.actions.find((each) => each.value === now.id)?.parameters.find((each) => each.name === found?.id)?.type
  if (!kind) return null
  const made = { id: found.id, type: kind, value: found.value }
  return says(t('Make it a {kind}').replace('{kind}', kind), () => model.setOperator(element, { ...now, parameters: now.parameters.map((each) => each === found ? made : each) }))
}

function edited (desk, element, problem) {
  const list = (desk.model.property(element, 'edits') || '').split(',').map((each) => each.trim())
  const found = named(list, problem, (each) => each)
  const set = (names) => desk.model.setProperty(element, 'edits', names.join(',') || undefined)
  const other = meant(desk, found, desk.offered.fields, (value) => set(list.map((each) => each === found ? value : each)))
  return other || (found && taken(desk, () => set(list.filter((each) => each !== found))))
}

// An event that is called like the missing state becomes it.
function milestone ({ t, model, offered }, _element, problem) {
  const missing = named(offered.milestones, problem, (each) => each)
  const events = model.registry.filter((each) => model.is(each, 'StartEvent', 'EndEvent', 'IntermediateThrowEvent') && !each.labelTarget && !model.event(each))
  const found = events.filter((each) => each.id === missing || slug(model.of(each).name || '') === missing)
  if (!missing || found.length !== 1) return null
  const [event] = found
  return says(t('Make “{name}” a state').replace('{name}', model.of(event).name || missing), () => {
    model.setProperty(event, 'state', 'move')
    if (event.id !== missing) model.set(event, { id: missing })
  })
}

function ended ({ t, model, modeler }, element) {
  return says(t('Add an end'), () => modeler.get('autoPlace').append(element, modeler.get('elementFactory').createShape({ type: 'bpmn:EndEvent' })))
}

function propertyAway (desk, element, problem) {
  const found = named(desk.model.properties(element), problem, (each) => each.name)
  return found && taken(desk, () => desk.model.setProperty(element, found.name, undefined))
}
