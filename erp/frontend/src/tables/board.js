// The table tool with our words and none of what the engine does not read; who may not edit gets its viewer.

import Modeler from 'dmn-js/lib/Modeler'
import Viewer from 'dmn-js/lib/NavigatedViewer'

export const TRIALS = 'millrace:Trials'

const descriptor = {
  name: 'Millrace',
  prefix: 'millrace',
  uri: 'https://millrace.example/dmn/trials',
  xml: { tagAlias: 'lowerCase' },
  types: [{ name: 'Trials', superClass: ['Element'], properties: [{ name: 'rows', isBody: true, type: 'String' }] }]
}
const TYPES = ['string', 'number', 'boolean', 'date', 'time', 'dateTime', 'dayTimeDuration', 'yearMonthDuration']

export function board (container, { edits, t }) {
  const translate = (text, values = {}) => t(text).replace(/{(\w+)}/g, (whole, name) => values[name] ?? whole)
  const speaking = { translate: ['value', translate] }
  const part = { additionalModules: [speaking] }
  return new (edits ? Modeler : Viewer)({
    container,
    common: {
      dataTypes: TYPES,
      expressionLanguages: { options: [{ value: 's-feel', label: 'S-FEEL' }], defaults: { editor: 's-feel' } }
    },
    moddleExtensions: { millrace: descriptor },
    drd: part,
    decisionTable: part,
    literalExpression: part,
    boxedExpression: part
  })
}
