// Conditions as rows of field, operator and value. What rows cannot say stays text; nothing is rewritten unasked.

const NAME = /^(?:document\.)?[A-Za-z_]\w*$/
const ROW = /^(not )?((?:document\.)?[A-Za-z_]\w*)(?: (==|!=|<=|>=|<|>) (.+))?$/
const LITERAL = /^(?:'([^'\\]*)'|"([^"\\]*)"|(-?\d+(?:\.\d+)?)|(True|False|None))$/

// `document.total > 100 and not urgent` -> rows, joined by `and` or `or`; null for what rows cannot say
export function rows (text) {
  if (!text.trim()) return { join: 'and', rows: [] }
  for (const join of ['and', 'or']) {
    const parts = text.trim().split(` ${join} `)
    const found = parts.map(row)
    if (found.every(Boolean)) return { join, rows: found }
  }
  return null
}

// A row keeps its own text until somebody changes it.
function row (text) {
  const found = read(text)
  return found && { ...found, source: text.trim() }
}

function read (text) {
  const found = ROW.exec(text.trim())
  if (!found) return null
  const [, not, name, operator, value] = found
  if (['True', 'False', 'None', 'and', 'or', 'not', 'in', 'is'].includes(name)) return null
  if (!operator) return { name, operator: not ? 'no' : 'yes', value: '' }
  const literal = not ? null : LITERAL.exec(value.trim())
  if (!literal) return null
  const [, single, double, number, word] = literal
  if (word === 'None') return operator === '==' ? { name, operator: 'empty', value: '' } : operator === '!=' ? { name, operator: 'filled', value: '' } : null
  if (word) return operator === '==' ? { name, operator: word === 'True' ? 'yes' : 'no', value: '', exact: true } : null
  return { name, operator, value: single ?? double ?? number }
}

export function written ({ join, rows }, kindOf) {
  return rows.filter((each) => NAME.test(each.name)).map((each) => one(each, kindOf(each.name))).join(` ${join} `)
}

function one ({ name, operator, value, exact, source }, kind) {
  if (source) return source
  if (operator === 'yes') return exact ? `${name} == True` : name
  if (operator === 'no') return exact ? `${name} == False` : `not ${name}`
  if (operator === 'empty') return `${name} == None`
  if (operator === 'filled') return `${name} != None`
  const number = ['integer', 'decimal', 'money'].includes(kind) || (!kind && /^-?\d+(\.\d+)?$/.test(value))
  if (number) return `${name} ${operator} ${/^-?\d+(\.\d+)?$/.test(value) ? value : 0}`
  const plain = String(value).replace(/\\/g, '')
  return plain.includes('"') ? `${name} ${operator} '${plain.replace(/'/g, '’')}'` : `${name} ${operator} "${plain}"`
}

export function operators (kind, t) {
  const all = {
    '==': t('is'), '!=': t('is not'), '<': t('below'), '<=': t('at most'), '>': t('above'), '>=': t('at least'),
    yes: t('is so'), no: t('is not so'), empty: t('is empty'), filled: t('is filled in')
  }
  const fitting = {
    boolean: ['yes', 'no'],
    choice: ['==', '!=', 'empty', 'filled'],
    integer: ['==', '!=', '<', '<=', '>', '>=', 'empty', 'filled'],
    text: ['==', '!=', 'empty', 'filled']
  }
  fitting.decimal = fitting.money = fitting.integer
  return (fitting[kind] || Object.keys(all)).map((value) => ({ value, label: all[value] }))
}
