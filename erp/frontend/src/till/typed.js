// What somebody typed before Enter: a number for the line they are at, so many of a code, or a code. Pure.

const NUMBER = String.raw`\d{1,9}(?:\.\d{1,6})?`
const SIGNS = { '*': 'quantity', x: 'quantity', '×': 'quantity', '%': 'discount', '=': 'price' }

const latin = (text) => text.trim().replace(/[۰-۹٠-٩]/g, (digit) => String(digit.charCodeAt(0) & 0xf)).replaceAll('٫', '.').replaceAll('٪', '%')

/** A number as somebody types it, as plain text ("1,5" where the comma is the decimal sign), or null. */
export function number (text, decimal = '.') {
  const found = latin(decimal === ',' ? text.replace(',', '.') : text.replaceAll(',', ''))
  return new RegExp(`^${NUMBER}$`).test(found) ? found : null
}

/**
 * {kind: nothing | quantity | discount | price | code, value}: `3*` is a quantity, `10%` a discount, `250=` a price;
 * `3*4006381333931` is a code of which three are taken. `way` is what a bare number means while a key for it is down.
 */
export function meant (text, way = '') {
  const said = latin(text)
  if (!said) return { kind: 'nothing' }
  if (way) {
    const value = number(said)
    return value === null ? { kind: 'code', value: said, quantity: '1' } : { kind: way, value }
  }
  const alone = said.match(new RegExp(`^(${NUMBER})\\s*([*x×%=])$`))
  if (alone) return { kind: SIGNS[alone[2]], value: alone[1] }
  const many = said.match(new RegExp(`^(${NUMBER})\\s*[*x×]\\s*(.+)$`))
  return many ? { kind: 'code', value: many[2], quantity: many[1] } : { kind: 'code', value: said, quantity: '1' }
}

/**
 * What a scan means after what stands in the field already: `3*` and a code are three of it, and a code whose first
 * digits came too slowly for a scanner is whole again; other words have nothing to do with it.
 */
export function scannedAfter (typed, code, isKnown) {
  const whole = typed + code
  return /\d\s*[*x×]\s*$/.test(typed) || (!isKnown(code) && isKnown(whole)) ? whole : code
}
