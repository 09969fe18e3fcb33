// How often a step is done: once, again while something holds, or for each of several.

import { choice, field, section, text, tick } from './dom.js'

const CAN_REPEAT = /^(user|manual|service|script|businessRule|send|receive)Task$|^callActivity$|^subProcess$/

export function repeats (kind, element) {
  return CAN_REPEAT.test(kind) && !element.businessObject.triggeredByEvent
}

export function repeated (panel, element) {
  const { t, model } = panel
  const now = model.repeat(element)
  const kinds = [
    { value: 'loop', label: t('Again and again, while something holds') },
    { value: 'sequence', label: t('For each of several, one after the other') },
    { value: 'parallel', label: t('For each of several, all at once') }
  ]
  const kind = field({
    label: t('How often'),
    name: 'repeat',
    control: choice({ value: now?.kind, options: kinds, empty: t('Once'), change: (value) => { model.setRepeat(element, value && { ...now, kind: value }); panel.again() } })
  })
  const set = (changes) => model.setRepeat(element, { ...model.repeat(element), ...changes })
  const written = (label, name, hint, names) => field({
    label,
    name: `repeat_${name}`,
    hint,
    control: text({ value: now[name], dir: 'ltr', mono: true, list: names ? 'names' : undefined, change: (value) => set({ [name]: value.trim() }) })
  })
  const parts = !now ? [] : now.kind === 'loop' ? looped(panel, now, written, set) : several(panel, written)
  return section(t('Repetition'), kind, ...parts)
}

function looped ({ t }, now, written, set) {
  const before = tick({ label: t('Asked before the first time too'), value: now.before, change: (on) => set({ before: on }) })
  before.querySelector('input').name = 'repeat_before'
  return [
    written(t('While'), 'condition', t('For example attempts < 3; it is done again as long as this holds.'), true),
    written(t('At most so often'), 'maximum', t('Empty: as often as the condition holds.')),
    before
  ]
}

function several ({ t }, written) {
  return [
    written(t('For each of'), 'collection', t('The name of a list, as an earlier step left it.')),
    written(t('Or so many times'), 'count', t('A number, or what gives one; then leave the list empty.'), true),
    written(t('One is called'), 'item', t('By this name a step inside asks for its own one, or for its number from 0.')),
    written(t('Each leaves'), 'result', t('The name each one leaves its result under; empty if nothing is kept.')),
    written(t('All are kept as'), 'results', t('The list of all results, for the steps after it.')),
    written(t('Enough as soon as'), 'condition', t('For example nrOfCompletedInstances >= 2; empty: all are done.'), true)
  ]
}
