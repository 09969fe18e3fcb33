// Reads and changes an element as one step that can be undone.

const PROPERTIES = 'spiffworkflow:Properties'
const OPERATOR = 'spiffworkflow:ServiceTaskOperator'
const DECISION = 'spiffworkflow:CalledDecisionId'
const LOOP = 'bpmn:StandardLoopCharacteristics'
const SEVERAL = 'bpmn:MultiInstanceLoopCharacteristics'
const ITEMS = 'bpmn:ItemAwareElement'

export class Model {
  constructor (modeler) {
    this.modeling = modeler.get('modeling', false) // none while one only looks
    this.factory = modeler.get('bpmnFactory', false)
    this.registry = modeler.get('elementRegistry')
    this.modeler = modeler
  }

  of (element) {
    return element.businessObject
  }

  is (element, ...kinds) {
    return kinds.some((kind) => element.businessObject?.$type === `bpmn:${kind}`)
  }

  root () {
    const canvasRoot = this.modeler.get('canvas').getRootElement()
    const business = canvasRoot.businessObject
    return business.$type === 'bpmn:Collaboration' ? business.participants[0].processRef : business
  }

  definitions () {
    return this.modeler.getDefinitions()
  }

  extension (element, type) {
    return (this.of(element).extensionElements?.values || []).find((each) => each.$type === type)
  }

  // Puts one extension in the place of the old one; the others stay as they are, in their order.
  extend (element, type, made) {
    const values = [...(this.of(element).extensionElements?.values || [])]
    const at = values.findIndex((each) => each.$type === type)
    if (at >= 0) values.splice(at, 1, ...(made ? [made] : []))
    else if (made) values.push(made)
    const extensionElements = values.length ? this.factory.create('bpmn:ExtensionElements', { values }) : undefined
    if (extensionElements) extensionElements.$parent = this.of(element)
    this.modeling.updateProperties(element, { extensionElements })
  }

  properties (element) {
    return this.extension(element, PROPERTIES)?.properties || []
  }

  property (element, name) {
    return this.properties(element).find((each) => each.name === name)?.value
  }

  setProperty (element, name, value) {
    this.setProperties(element, { [name]: value })
  }

  // undefined takes a property away
  setProperties (element, wanted) {
    const old = this.properties(element)
    const left = { ...wanted }
    const properties = old.flatMap((each) => {
      if (!(each.name in left)) return [each]
      const value = left[each.name]
      delete left[each.name]
      return value === undefined ? [] : [this.factory.create('spiffworkflow:Property', { name: each.name, value })]
    })
    for (const [name, value] of Object.entries(left)) {
      if (value !== undefined) properties.push(this.factory.create('spiffworkflow:Property', { name, value }))
    }
    this.extend(element, PROPERTIES, properties.length ? this.factory.create(PROPERTIES, { properties }) : undefined)
  }

  operator (element) {
    const found = this.extension(element, OPERATOR)
    return {
      id: found?.id || '',
      result: found?.resultVariable || '',
      parameters: found?.parameterList?.parameters || []
    }
  }

  setOperator (element, { id, result, parameters }) {
    const list = parameters.map(({ id, type, value }) => this.factory.create('spiffworkflow:Parameter', { id, type, value }))
    const made = this.factory.create(OPERATOR, {
      id,
      ...(result ? { resultVariable: result } : {}),
      ...(list.length ? { parameterList: this.factory.create('spiffworkflow:Parameters', { parameters: list }) } : {})
    })
    this.extend(element, OPERATOR, id ? made : undefined)
  }

  decision (element) {
    return this.extension(element, DECISION)?.body || ''
  }

  setDecision (element, key) {
    this.extend(element, DECISION, key ? this.factory.create(DECISION, { body: key }) : undefined)
  }

  set (element, values) {
    this.modeling.updateProperties(element, values)
  }

  rename (element, name) {
    if (element.parent) this.modeling.updateLabel(element, name)
    else this.set(element, { name })
  }

  documentation (element) {
    return this.of(element).documentation?.[0]?.text || ''
  }

  setDocumentation (element, text) {
    this.set(element, { documentation: text ? [this.factory.create('bpmn:Documentation', { text })] : [] })
  }

  condition (flow) {
    return this.of(flow).conditionExpression?.body || ''
  }

  setCondition (flow, body) {
    this.set(flow, { conditionExpression: this.expression(body) })
  }

  event (element) {
    return this.of(element).eventDefinitions?.[0]
  }

  timer (element) {
    const found = this.event(element)
    if (found?.$type !== 'bpmn:TimerEventDefinition') return null
    for (const [tag, kind] of [['timeDuration', 'duration'], ['timeDate', 'date'], ['timeCycle', 'cycle']]) {
      if (found[tag]) return { kind, text: found[tag].body || '' }
    }
    return { kind: 'duration', text: '' }
  }

  setTimer (element, kind, text) {
    const made = this.factory.create('bpmn:FormalExpression', { body: text })
    const tag = { duration: 'timeDuration', date: 'timeDate', cycle: 'timeCycle' }[kind]
    const nothing = { timeDuration: undefined, timeDate: undefined, timeCycle: undefined }
    this.modeling.updateModdleProperties(element, this.event(element), { ...nothing, [tag]: made })
  }

  // How often it is done; null for once.
  repeat (element) {
    const found = this.of(element).loopCharacteristics
    if (!found) return null
    if (found.$type === LOOP) {
      return { kind: 'loop', condition: found.loopCondition?.body || '', maximum: found.loopMaximum?.toString() || '', before: Boolean(found.testBefore) }
    }
    return {
      kind: found.isSequential ? 'sequence' : 'parallel',
      condition: found.completionCondition?.body || '',
      count: found.loopCardinality?.body || '',
      collection: found.loopDataInputRef?.id || '',
      item: found.inputDataItem?.name || '',
      results: found.loopDataOutputRef?.id || '',
      result: found.outputDataItem?.name || ''
    }
  }

  // What a marker says beyond this stays where it stays of the same kind.
  setRepeat (element, wanted) {
    const old = this.of(element).loopCharacteristics
    if (!wanted) return this.set(element, { loopCharacteristics: undefined })
    const type = wanted.kind === 'loop' ? LOOP : SEVERAL
    const values = type === LOOP ? this.looped(wanted) : this.several(wanted)
    const sameMark = old?.$type === type && Boolean(old.isSequential) === (wanted.kind === 'sequence')
    if (sameMark) return this.modeling.updateModdleProperties(element, old, values)
    const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
    const made = this.factory.create(type, given)
    made.$parent = this.of(element)
    this.set(element, { loopCharacteristics: made })
  }

  looped ({ condition, maximum, before }) {
    return { loopCondition: this.expression(condition), loopMaximum: maximum || undefined, testBefore: before || undefined }
  }

  several ({ kind, condition, count, collection, item, results, result }) {
    const named = (type, id) => id ? this.factory.create(type, { id }) : undefined
    const data = (name) => name ? this.modeler.get('moddle').create('bpmn:DataInput', { name }) : undefined
    return {
      isSequential: kind === 'sequence' || undefined,
      completionCondition: this.expression(condition),
      loopCardinality: this.expression(count),
      loopDataInputRef: named(ITEMS, collection),
      loopDataOutputRef: named(ITEMS, results),
      inputDataItem: data(item),
      outputDataItem: data(result)
    }
  }

  expression (body) {
    return body ? this.factory.create('bpmn:FormalExpression', { body }) : undefined
  }

  errors () {
    return (this.definitions().rootElements || []).filter((each) => each.$type === 'bpmn:Error')
  }

  setError (element, code) {
    let error = this.errors().find((each) => each.errorCode === code)
    if (!error && code) {
      error = this.factory.create('bpmn:Error', { id: this.freeId(`error_${slug(code) || 'own'}`), name: code, errorCode: code })
      error.$parent = this.definitions()
      this.definitions().rootElements.push(error)
    }
    this.modeling.updateModdleProperties(element, this.event(element), { errorRef: error })
  }

  // The message or signal an event or task throws or catches; null where it does neither.
  channel (element) {
    const holder = this.is(element, 'SendTask', 'ReceiveTask') ? this.of(element) : this.event(element)
    if (!holder) return null
    if (holder.$type === 'bpmn:SignalEventDefinition') return { holder, type: 'bpmn:Signal', ref: 'signalRef', name: holder.signalRef?.name || '' }
    const speaks = ['bpmn:MessageEventDefinition', 'bpmn:SendTask', 'bpmn:ReceiveTask'].includes(holder.$type)
    return speaks ? { holder, type: 'bpmn:Message', ref: 'messageRef', name: holder.messageRef?.name || '' } : null
  }

  channels (type) {
    return (this.definitions().rootElements || []).filter((each) => each.$type === type)
  }

  setChannel (element, { holder, type, ref }, name) {
    let found = this.channels(type).find((each) => each.name === name)
    if (!found && name) {
      found = this.factory.create(type, { id: this.freeId(slug(name) || 'channel'), name })
      found.$parent = this.definitions()
      this.definitions().rootElements.push(found)
    }
    this.modeling.updateModdleProperties(element, holder, { [ref]: found })
  }

  // The innermost lane an element lies in.
  lane (element) {
    const holding = this.lanes().filter((lane) => (this.of(lane).flowNodeRef || []).includes(this.of(element)))
    return holding.sort((one, other) => one.height - other.height)[0]
  }

  lanes () {
    return this.registry.filter((each) => each.businessObject?.$type === 'bpmn:Lane' && !each.labelTarget && each.width)
  }

  freeId (wanted) {
    const taken = (id) => this.registry.get(id) || this.modeler.get('moddle').ids.assigned(id)
    if (!taken(wanted)) return wanted
    let count = 2
    while (taken(`${wanted}_${count}`)) count += 1
    return `${wanted}_${count}`
  }
}

// `Check the stone` -> `check_the_stone`; '' for what has no letters of ours
export function slug (text) {
  const plain = text.normalize('NFKD').replace(/[^\x20-\x7e]/g, '').toLowerCase()
  const found = plain.replace(/[^a-z0-9]+/g, '_').replace(/^[_0-9]+|_+$/g, '')
  return found.slice(0, 40)
}
