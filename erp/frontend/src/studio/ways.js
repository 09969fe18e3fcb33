// Gateways and the conditions of the ways that leave them.

import { operators, rows, written } from './conditions.js'
import { choice, field, icon, make, section, text, tick } from './dom.js'

export function gateway (panel, element) {
  const { t, model } = panel
  const flows = element.outgoing
  if (flows.length < 2) return [section(t('Ways'), make('p', { className: 'mr-hint' }, t('Connect it with two or more steps; each way then has a condition.')))]
  return [section(t('Ways'),
    ...flows.map((each) => make('button', { type: 'button', className: 'mr-way', onclick: () => panel.modeler.get('selection').select(each) },
      make('b', {}, model.of(each).name || t('Way')), ' → ', model.of(each.target).name || model.of(each.target).id,
      make('span', { className: 'mr-small mr-mute', dir: 'auto' }, isDefault(model, each) ? t('otherwise') : model.condition(each) || t('no condition yet')))),
    field({
      label: t('Otherwise'),
      name: 'default',
      hint: t('Taken when no condition holds.'),
      control: choice({
        value: model.of(element).default?.id,
        options: flows.map((each) => ({ value: each.id, label: `${model.of(each).name || t('Way')} → ${model.of(each.target).name || each.target.id}` })),
        empty: t('None yet'),
        change: (id) => {
          const flow = flows.find((each) => each.id === id)
          if (flow) model.setCondition(flow, '')
          model.set(element, { default: flow ? model.of(flow) : undefined })
          panel.again()
        }
      })
    }))]
}

const isDefault = (model, flow) => model.of(flow.source).default === model.of(flow)

export function flow (panel, element) {
  const { t, model } = panel
  if (!model.is(element.source, 'ExclusiveGateway', 'InclusiveGateway') || element.source.outgoing.length < 2) return []
  const otherwise = tick({
    label: t('Otherwise: taken when no other condition holds'),
    value: isDefault(model, element),
    change: (on) => {
      if (on) model.setCondition(element, '')
      model.set(element.source, { default: on ? model.of(element) : undefined })
      panel.draw()
    }
  })
  if (isDefault(model, element)) return [section(t('Condition'), otherwise)]
  const textual = model.condition(element)
  const found = rows(textual)
  const asText = panel.asText === element.id || !found
  const parts = asText ? [byText(panel, element, textual)] : byRows(panel, element, found)
  const swap = make('button', {
    type: 'button', className: 'btn btn-sm mr-btn-quiet', disabled: !found,
    onclick: () => { panel.asText = asText ? null : element.id; panel.draw() }
  }, asText ? t('Build it from lists') : t('Write it as text'))
  return [section(t('Condition'), ...parts, swap), section('', otherwise)]
}

function byText (panel, element, value) {
  const { t, model } = panel
  return field({
    label: t('Taken when'),
    name: 'condition',
    hint: t('For example document.total > 100 and verdict == \'repairable\''),
    control: text({ value, lines: 3, dir: 'ltr', mono: true, change: (body) => model.setCondition(element, body.trim()) })
  })
}

// What a condition may ask: fields of the document, answers of forms, results of actions and decisions.
export function names (panel) {
  const { t, offered, model } = panel
  const found = offered.fields.filter((each) => !['lines', 'files'].includes(each.kind))
    .map((each) => ({ ...each, value: `document.${each.value}`, group: t('The document') }))
  const seen = new Set()
  const add = (each, group) => {
    if (seen.has(each.value)) return
    seen.add(each.value)
    found.push({ ...each, group })
  }
  for (const each of model.registry.filter((shape) => shape.businessObject && !shape.labelTarget)) {
    if (model.is(each, 'UserTask')) {
      const form = offered.forms.find((known) => known.value === model.property(each, 'form'))
      form?.answers.forEach((answer) => add(answer, t('Answers')))
    }
    if (model.is(each, 'ServiceTask') && model.operator(each).result) add({ value: model.operator(each).result, label: model.operator(each).result }, t('Results'))
    if (model.is(each, 'BusinessRuleTask')) {
      const table = offered.decisions.find((known) => known.value === model.decision(each))
      table?.outputs.forEach((value) => add({ value, label: value }, t('Results')))
    }
  }
  return found
}

function byRows (panel, element, { join, rows: found }) {
  const { t, model } = panel
  const known = names(panel)
  const kindOf = (name) => known.find((each) => each.value === name)?.kind
  const tell = (next, how = join) => {
    model.setCondition(element, written({ join: how, rows: next }, kindOf))
    panel.again()
  }
  const lines = found.map((row, at) => {
    const entry = known.find((each) => each.value === row.name)
    const change = (changes) => tell(found.map((each, place) => place === at ? { ...each, source: '', ...changes } : each))
    const label = (control, words, name) => {
      control.setAttribute('aria-label', words)
      control.name = `${name}_${at}`
      return control
    }
    const name = label(choice({ value: row.name, options: known, change: (value) => change({ name: value, exact: false, ...first(known, value, t) }) }), t('Field'), 'field')
    const how = label(choice({ value: row.operator, options: operators(entry?.kind, t), change: (operator) => change({ operator, exact: false }) }), t('Comparison'), 'operator')
    const asks = !['yes', 'no', 'empty', 'filled'].includes(row.operator)
    const value = asks && label(entry?.choices?.length
      ? choice({ value: row.value, options: entry.choices, change: (found) => change({ value: found }) })
      : text({ value: row.value, change: (found) => change({ value: found }) }), t('Value'), 'value')
    return make('div', { className: 'mr-cond' },
      at > 0 && label(choice({ value: join, options: [{ value: 'and', label: t('and') }, { value: 'or', label: t('or') }], change: (next) => tell(found, next) }), t('Joined by'), 'join'),
      name, how, value,
      make('button', { type: 'button', className: 'btn btn-sm mr-btn-quiet', 'aria-label': t('Remove this part'), onclick: () => tell(found.filter((_each, place) => place !== at)) }, icon('x')))
  })
  const add = choice({ value: '', options: known, empty: found.length ? t('And also …') : t('Taken when …'), change: (name) => tell([...found, { name, ...first(known, name, t) }]) })
  add.name = 'add_condition'
  add.setAttribute('aria-label', t('Add a condition'))
  return [...lines, add]
}

function first (known, name, t) {
  const entry = known.find((each) => each.value === name)
  const operator = operators(entry?.kind, t)[0].value
  return { operator, value: entry?.choices?.[0]?.value ?? (['integer', 'decimal', 'money'].includes(entry?.kind) ? '0' : '') }
}
