// Lengths of time: a number and a unit before people, ISO 8601 in the file.

import { choice, field, make, text, tick } from './dom.js'
import { simple, units, written as iso } from './times.js'

// A number and a unit; what they cannot say is a text.
export function duration (panel, { label, name, value, change, hint, empty }) {
  const { t } = panel
  const found = value ? simple(value) : { amount: '', unit: 'D' }
  if (!found) return field({ label, name, tag: 'ISO 8601', hint, control: text({ value, dir: 'ltr', mono: true, change }) })
  const amount = make('input', { className: 'form-control mr-tnum', type: 'number', min: '1', max: '9999', name, inputmode: 'numeric', value: found.amount })
  const unit = choice({ value: found.unit, options: units(t), change: () => tell() })
  unit.name = `${name}_unit`
  unit.setAttribute('aria-label', t('Unit'))
  const tell = () => {
    const count = Math.floor(Number(amount.value))
    if (count > 0) change(iso({ amount: count, unit: unit.value }))
    else if (empty) change('')
    panel.again()
  }
  amount.addEventListener('change', tell)
  const box = field({ label, name, hint, control: amount })
  const pair = make('div', { className: 'mr-pair' })
  amount.replaceWith(pair)
  pair.append(amount, unit)
  return box
}

// Whether a time passes while the branch is open, or always.
export function business (panel, element) {
  const { t, model } = panel
  const box = tick({
    label: t('Counted while the branch is open'),
    value: Boolean(model.property(element, 'calendar')),
    change: (on) => model.setProperty(element, 'calendar', on ? 'business' : undefined)
  })
  box.querySelector('input').name = 'calendar'
  return box
}
