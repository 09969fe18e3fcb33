// Lists in the panel: the values one chooses from, the columns of lines.

import { icon, make, section, text, tick } from '../studio/dom.js'
import { slug } from '../studio/model.js'

export function choices (panel, each) {
  const { t } = panel
  const values = each.values || []
  const set = (made, again = true) => {
    panel.set(each, { values: made })
    if (again) panel.again()
  }
  const rows = values.map((one, place) => {
    const label = text({ value: one.label, dir: 'auto', change: (words) => set(values.map((old, at) => at === place ? { ...old, label: words, value: old.value || slug(words) } : old), false) })
    const value = text({ value: String(one.value), dir: 'ltr', mono: true, change: (wanted) => set(values.map((old, at) => at === place ? { ...old, value: wanted.trim() } : old), false) })
    label.name = `value_label_${place}`
    value.name = `value_${place}`
    label.setAttribute('aria-label', t('What is read'))
    value.setAttribute('aria-label', t('What conditions ask for'))
    const drop = make('button', { type: 'button', className: 'btn btn-sm mr-btn-quiet', 'aria-label': t('Remove this value'), onclick: () => set(values.filter((_old, at) => at !== place)) }, icon('x'))
    return make('div', { className: 'mr-valuerow' }, label, value, drop)
  })
  return section(t('Values'), ...rows, make('button', {
    type: 'button', className: 'btn btn-sm', onclick: () => set([...values, { label: `${t('Value')} ${values.length + 1}`, value: `value_${values.length + 1}` }])
  }, icon('plus'), t('Add a value')))
}

export function columns (panel, each) {
  const { t, model, offered } = panel
  const known = offered.fields.find((one) => one.value === each.properties?.field)?.columns || []
  const has = (name) => (each.components || []).find((one) => one.key === name)
  const toggle = (one, on) => {
    if (on) model.put(structuredClone(one.draw), each, each.components.length)
    else model.remove(has(one.value))
    model.selection.set(each)
    panel.draw()
  }
  const boxes = known.map((one) => tick({ label: one.label, value: Boolean(has(one.value)), change: (on) => toggle(one, on) }))
  return section(t('Columns'), ...(boxes.length ? boxes : [make('p', { className: 'mr-hint' }, t('Choose lines of the document first.'))]))
}
