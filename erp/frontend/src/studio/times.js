// Times of timers: ISO 8601 in the file, a number and a unit before people.

const UNITS = { M: 'months', W: 'weeks', D: 'days', H: 'hours', m: 'minutes' }
const SIMPLE = /^P(?:(\d+)(M|W|D)|T(\d+)(H|M))$/

// `P2D` -> { amount: 2, unit: 'D' }; null for anything a number and a unit cannot say
export function simple (text) {
  const found = SIMPLE.exec(text)
  if (!found) return null
  if (found[1]) return { amount: Number(found[1]), unit: found[2] }
  return { amount: Number(found[3]), unit: found[4] === 'M' ? 'm' : 'H' }
}

export function written ({ amount, unit }) {
  return unit === 'H' ? `PT${amount}H` : unit === 'm' ? `PT${amount}M` : `P${amount}${unit}`
}

export const units = (t) => Object.entries(UNITS).map(([value, name]) => ({ value, label: t(name) }))

const PARTS = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/

// `P1DT12H` -> `1 day, 12 hours`, in the reader's language
export function spoken (text, language) {
  const found = PARTS.exec(text)
  if (!found || found.slice(1).every((part) => !part)) return ''
  const names = ['year', 'month', 'week', 'day', 'hour', 'minute', 'second']
  const parts = found.slice(1).flatMap((part, at) => part
    ? [new Intl.NumberFormat(language, { style: 'unit', unit: names[at], unitDisplay: 'long' }).format(Number(part))]
    : [])
  return new Intl.ListFormat(language, { type: 'unit', style: 'long' }).format(parts)
}

export function reading ({ kind, text }, t, language) {
  if (kind === 'duration') {
    const said = spoken(text, language)
    return said && t('After {time}').replace('{time}', said)
  }
  if (kind === 'cycle') {
    const found = /^R(\d*)\/(?:([^/]+)\/)?(P[^/]+)$/.exec(text)
    const said = found && spoken(found[3], language)
    if (!said) return ''
    return (found[1] ? t('Every {time}, {count} times') : t('Every {time}, without end'))
      .replace('{time}', said).replace('{count}', Number(found[1]).toLocaleString(language))
  }
  const at = new Date(text)
  return Number.isNaN(at.getTime()) ? '' : t('On {time}').replace('{time}', at.toLocaleString(language, { dateStyle: 'long', timeStyle: 'short' }))
}
