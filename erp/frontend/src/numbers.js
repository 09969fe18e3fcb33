// Numbers as people type and read them; inside they are whole counts of 10^-6 (BigInt), never floats.

const PLACES = 6n
const ONE = 10n ** PLACES
const root = document.documentElement
const DIGITS = { fa: '۰۱۲۳۴۵۶۷۸۹', ar: '٠١٢٣٤٥٦٧٨٩' }

/** What somebody typed ("1,250.5", "۱٬۲۵۰٫۵") as millionths, or null when it is no number. */
export function parse (text) {
  const { decimal = '.', group = ',' } = root.dataset
  let plain = text.trim()
    .replace(/[۰-۹]/g, (digit) => String(digit.charCodeAt(0) - 0x6f0))
    .replace(/[٠-٩]/g, (digit) => String(digit.charCodeAt(0) - 0x660))
    .replace(/[\s\u00a0\u202f٬%٪]/g, '')
    .replaceAll(group, '')
    .replaceAll(decimal === ',' ? '' : ',', '')
    .replace(decimal, '.')
    .replace('٫', '.')
    .replace('−', '-')
  if (plain === '') return 0n
  if (!/^-?\d{0,15}(\.\d{0,6}\d*)?$/.test(plain)) return null
  const negative = plain.startsWith('-')
  if (negative) plain = plain.slice(1)
  const [whole, fraction = ''] = plain.split('.')
  const value = BigInt(whole || '0') * ONE + BigInt(fraction.slice(0, 6).padEnd(6, '0'))
  return negative ? -value : value
}

/** Written as the user's locale writes it. */
export function format (value, exponent) {
  const { decimal = '.', group = ',' } = root.dataset
  const negative = value < 0n
  const digits = String((negative ? -value : value) / 10n ** (PLACES - BigInt(exponent))).padStart(exponent + 1, '0')
  const whole = digits.slice(0, digits.length - exponent).replace(/\B(?=(\d{3})+$)/g, group)
  const text = (negative ? '−' : '') + whole + (exponent ? decimal + digits.slice(-exponent) : '')
  const own = DIGITS[root.lang]
  return own ? text.replace(/\d/g, (digit) => own[digit]) : text
}
