// How SpiffWorkflow's elements are read and written; whatever else a file holds in that namespace is kept as it came.

const known = {
  name: 'SpiffWorkflow',
  uri: 'http://spiffworkflow.org/bpmn/schema/1.0/core',
  prefix: 'spiffworkflow',
  xml: { tagAlias: 'lowerCase' },
  types: [
    { name: 'Properties', superClass: ['Element'], properties: [{ name: 'properties', type: 'Property', isMany: true }] },
    { name: 'Property', properties: [{ name: 'name', isAttr: true, type: 'String' }, { name: 'value', isAttr: true, type: 'String' }] },
    {
      name: 'ServiceTaskOperator',
      superClass: ['Element'],
      properties: [
        { name: 'id', isAttr: true, type: 'String' },
        { name: 'resultVariable', isAttr: true, type: 'String' },
        { name: 'parameterList', type: 'Parameters' }
      ]
    },
    { name: 'Parameters', superClass: ['Element'], properties: [{ name: 'parameters', type: 'Parameter', isMany: true }] },
    {
      name: 'Parameter',
      properties: [
        { name: 'id', isAttr: true, type: 'String' },
        { name: 'type', isAttr: true, type: 'String' },
        { name: 'value', isAttr: true, type: 'String' }
      ]
    },
    { name: 'CalledDecisionId', superClass: ['Element'], properties: [{ name: 'body', isBody: true, type: 'String' }] }
  ]
}

// The reader drops what it does not know of a namespace it knows: so what this file brings along is made known first.
export function spiffFor (names) {
  const types = names.map((name) => name.replace(/^./, (letter) => letter.toUpperCase()))
    .filter((name, at, all) => all.indexOf(name) === at && !known.types.some((each) => each.name === name))
    .map((name) => ({
      name,
      superClass: ['Element'],
      properties: [{ name: 'body', isBody: true, type: 'String' }, { name: 'content', type: 'Element', isMany: true }]
    }))
  return { ...known, types: [...known.types, ...types] }
}

export function namesIn (xml) {
  const all = new DOMParser().parseFromString(xml, 'application/xml').getElementsByTagNameNS(known.uri, '*')
  return [...all].map((each) => each.localName)
}
