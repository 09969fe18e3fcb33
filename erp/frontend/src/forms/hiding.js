// When a component is hidden: one of three plain conditions on an answer of the same form.

import { choice, field, make, section, text } from '../studio/dom.js'

const COMPARED = /^=\s*([A-Za-z_]\w*)\s*(!?=)\s*"([^"\\\n]*)"\s*$/
const DENIED = /^=\s*not\(\s*([A-Za-z_]\w*)\s*\)\s*$/

export function read (expression) {
  const compared = COMPARED.exec(expression || '')
  if (compared) return { key: compared[1], operator: compared[2], value: compared[3] }
  const denied = DENIED.exec(expression || '')
  return denied ? { key: denied[1], operator: 'not', value: '' } : null
}

export function written ({ key, operator, value }) {
  return operator === 'not' ? `=not(${key})` : `=${key} ${operator} "${value.replace(/["\\\n]/g, '')}"`
}

export function conditionField (panel, each) {
  const { t, model } = panel
  const hide = each.conditional?.hide || ''
  const now = read(hide)
  const others = model.all().map((one) => one.field).filter((one) => one.key && one.id !== each.id && !model.list(one) && one.type !== 'dynamiclist' && one.type !== 'filepicker')
  const set = (found) => {
    panel.set(each, { conditional: found ? { hide: written(found) } : undefined })
    panel.again()
  }
  const asked = others.find((one) => one.key === now?.key)
  const parts = [field({
    label: t('Hidden while'), name: 'hides', hint: hide && !now ? hide : t('What is hidden is not asked for.'),
    control: choice({ value: now?.key || '', options: others.map((one) => ({ value: one.key, label: panel.nameOf(one) })), empty: t('Never'), change: (key) => set(key ? { key, operator: 'not', value: '' } : null) })
  })]
  if (now) parts.push(comparison(panel, now, asked, set))
  return section(t('Shown or hidden'), ...parts)
}

function comparison (panel, now, asked, set) {
  const { t } = panel
  const operators = [{ value: 'not', label: t('is empty or not ticked') }, { value: '=', label: t('is') }, { value: '!=', label: t('is not') }]
  const operator = choice({ value: now.operator, options: operators, change: (value) => set({ ...now, operator: value }) })
  operator.name = 'hides_operator'
  operator.setAttribute('aria-label', t('Comparison'))
  if (now.operator === 'not') return make('div', {}, operator)
  const options = asked?.type === 'checkbox' ? [{ value: 'true', label: t('ticked') }, { value: 'false', label: t('not ticked') }] : panel.valuesOf(asked)
  const change = (value) => set({ ...now, value })
  const control = options ? choice({ value: now.value, options, empty: '–', change }) : text({ value: now.value, change })
  control.name = 'hides_value'
  control.setAttribute('aria-label', t('Value'))
  return make('div', { className: 'mr-halves' }, operator, control)
}
