// The process another one calls, and which version of it.

import { choice, field, section } from './dom.js'

export function called (panel, element) {
  const { t, model, offered } = panel
  const key = model.of(element).calledElement || ''
  const known = offered.processes.find((each) => each.value === key)
  const property = (name) => model.property(element, name) || ''
  const bound = property('version') ? `version:${property('version')}` : property('tag') ? `tag:${property('tag')}` : ''
  const bind = (value) => {
    const [kind, ...rest] = value.split(':')
    const wanted = rest.join(':') || undefined
    model.setProperties(element, { version: kind === 'version' ? wanted : undefined, tag: kind === 'tag' ? wanted : undefined })
    panel.again()
  }
  const pick = (value) => {
    model.set(element, { calledElement: value || undefined })
    if (bound) model.setProperties(element, { version: undefined, tag: undefined })
    panel.again()
  }
  const hint = !bound
    ? t('The version that is live when this process is published is the one it calls.')
    : bound.startsWith('tag:')
      ? t('The newest version with this tag when this process is published.')
      : t('This version stays, whatever is published later.')
  return [section(t('Other process'), field({
    label: t('Process'),
    name: 'called',
    control: choice({ value: key, options: offered.processes, empty: t('Choose a process'), change: pick })
  }), key && field({
    label: t('Version'),
    name: 'version',
    hint,
    control: choice({ value: bound, options: versions(t, known, bound), empty: t('The newest'), change: bind })
  }))]
}

function versions (t, known, bound) {
  const found = (known?.versions || []).map(({ number, label }) => ({ value: `version:${number}`, label, group: t('One version') }))
  const tags = (known?.tags || []).map((tag) => ({ value: `tag:${tag}`, label: tag, group: t('The newest with a tag') }))
  const missing = bound && ![...found, ...tags].some((each) => each.value === bound)
  return [...tags, ...found, ...(missing ? [{ value: bound, label: t('{name}: there is none').replace('{name}', bound.slice(bound.indexOf(':') + 1)) }] : [])]
}
