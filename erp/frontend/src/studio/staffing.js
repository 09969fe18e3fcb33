// Who exactly does a step of a person: whoever plays its role, people named here, one person, or several by their votes.

import { choice, field, make, section, text, tick } from './dom.js'

const APPROVAL = ['quorum', 'order', 'deadline', 'remind', 'escalate_to', 'drops']
export const PEOPLE = ['candidates', 'assign_to', 'approvers', ...APPROVAL, 'at', 'not_by']
const WAYS = { candidates: ['candidates'], assign_to: ['assign_to'], approvers: ['approvers', ...APPROVAL] }
const BEGIN = { candidates: 'creator', assign_to: 'creator', approvers: "['TENANT_MANAGER']" }

export function staffed (panel, element) {
  const { t, model } = panel
  const now = Object.keys(WAYS).find((name) => model.property(element, name) !== undefined) || ''
  const options = [
    { value: 'candidates', label: t('People or roles named here') },
    { value: 'assign_to', label: t('One person named here') },
    { value: 'approvers', label: t('Several decide together: an approval') }
  ]
  const change = (way) => {
    const gone = Object.entries(WAYS).filter(([name]) => name !== way).flatMap(([, names]) => names)
    const nothing = Object.fromEntries(gone.map((name) => [name, undefined]))
    model.setProperties(element, way ? { ...nothing, [way]: model.property(element, way) ?? BEGIN[way] } : nothing)
    panel.again()
  }
  return section(t('Who exactly'), field({
    label: t('Done by'),
    name: 'staffing',
    control: choice({ value: now, options, empty: t('Whoever plays the role'), change })
  }), ...named(panel, element, now), here(panel, element), notBy(panel, element))
}

// An expression, or one of a few words.
function written (panel, element, name, label, hint, words) {
  const { model } = panel
  const list = words && make('datalist', { id: `words_${name}` }, ...words.map((value) => make('option', { value })))
  const control = text({
    value: model.property(element, name), dir: 'ltr', mono: true, list: words ? `words_${name}` : 'names',
    change: (value) => model.setProperty(element, name, value.trim() || undefined)
  })
  return make('div', {}, field({ label, name, hint, control }), list)
}

function named (panel, element, way) {
  const { t } = panel
  const told = t('A role in quotes, creator, a field of the document, an earlier answer, or a list of those.')
  if (way === 'candidates') return [written(panel, element, way, t('Any of these'), told)]
  if (way === 'assign_to') return [written(panel, element, way, t('This person'), told)]
  if (way !== 'approvers') return []
  return [
    written(panel, element, way, t('Approvers'), told),
    written(panel, element, 'quorum', t('How many must agree'), t('all, any, a number, or what gives one; empty: all.'), ['all', 'any', '1', '2', '3']),
    written(panel, element, 'order', t('Asked'), t('parallel: all at once; ordered: one after the other.'), ['parallel', 'ordered']),
    written(panel, element, 'deadline', t('Decided within'), t('A time in quotes such as \'P2D\', or what gives one, in office hours.')),
    written(panel, element, 'remind', t('Reminded after'), t('A time such as P1D, in office hours.'), ['PT4H', 'P1D', 'P2D']),
    written(panel, element, 'escalate_to', t('When late, also'), t('Who is asked when time is up.')),
    written(panel, element, 'drops', t('Lines that may be left out'), t('Approvers may approve without some of these lines, such as: lines. Who voted before is asked again.'), ['lines'])
  ]
}

function here (panel, element) {
  const { t, model } = panel
  const box = tick({
    label: t('Only people of the document’s branch'),
    value: Boolean(model.property(element, 'at')),
    change: (on) => model.setProperty(element, 'at', on ? 'branch' : undefined)
  })
  box.querySelector('input').name = 'at'
  return box
}

function notBy (panel, element) {
  const { t, model } = panel
  const now = (model.property(element, 'not_by') || '').split(',').map((each) => each.trim()).filter(Boolean)
  const steps = model.registry.filter((each) => model.is(each, 'UserTask') && !each.labelTarget && each !== element)
    .map((each) => ({ value: each.id, label: model.of(each).name || each.id }))
  const options = [{ value: 'creator', label: t('Whoever made the document') }, ...steps]
  const labelOf = (value) => options.find((each) => each.value === value)?.label || value
  const set = (names) => { model.setProperty(element, 'not_by', names.length ? names.join(',') : undefined); panel.again() }
  const more = choice({ value: '', options: options.filter((each) => !now.includes(each.value)), empty: t('Add somebody'), change: (value) => set([...now, value]) })
  more.name = 'not_by'
  more.setAttribute('aria-label', t('Add somebody'))
  return make('fieldset', { className: 'mr-fieldset' }, make('legend', { className: 'form-label' }, t('Never by who did')),
    ...now.map((value) => tick({ label: labelOf(value), value: true, change: () => set(now.filter((each) => each !== value)) })), more)
}
