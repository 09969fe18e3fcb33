// What the drawing tool offers: only what the engine runs, in the reader's words.

import { slug } from './model.js'

// Lanes are called after roles by their keys; people read what the role is called.
export function roleNames (roles) {
  const names = new Map(roles.map(({ value, label }) => [value, label]))
  function Speaking (textRenderer) {
    const draw = textRenderer.createText
    textRenderer.createText = (text, options) => draw(names.get(text) ?? text, options)
  }
  Speaking.$inject = ['textRenderer']
  return { __init__: ['speaking'], speaking: ['type', Speaking] }
}

export function modules ({ kinds, t }) {
  const runs = (kind) => !kind || kinds.includes(kind)
  return [
    { translate: ['value', (text, values = {}) => t(text).replace(/{([^}]+)}/g, (whole, name) => values[name] ?? whole)] },
    { paletteProvider: ['type', palette(runs, t)] },
    {
      __init__: ['onlyWhatRuns', 'telling'],
      onlyWhatRuns: ['type', restrict(runs, t)],
      telling: ['type', tellingIds()]
    }
  ]
}

const SHAPES = [
  ['start', 'StartEvent', 'bpmn-icon-start-event-none', 'Start', ''],
  ['state', 'IntermediateThrowEvent', 'bpmn-icon-intermediate-event-none', 'State', ''],
  ['wait', 'IntermediateCatchEvent', 'bpmn-icon-intermediate-event-catch-timer', 'Wait for a time', '', 'bpmn:TimerEventDefinition'],
  ['end', 'EndEvent', 'bpmn-icon-end-event-none', 'End', ''],
  ['question', 'ExclusiveGateway', 'bpmn-icon-gateway-xor', 'Question', 'exclusiveGateway'],
  ['beside', 'ParallelGateway', 'bpmn-icon-gateway-parallel', 'Side by side', 'parallelGateway'],
  ['person', 'UserTask', 'bpmn-icon-user-task', 'Step of a person', 'userTask'],
  ['action', 'ServiceTask', 'bpmn-icon-service-task', 'Action', 'serviceTask'],
  ['decision', 'BusinessRuleTask', 'bpmn-icon-business-rule-task', 'Decision', 'businessRuleTask'],
  ['script', 'ScriptTask', 'bpmn-icon-script-task', 'Script', 'scriptTask'],
  ['called', 'CallActivity', 'bpmn-icon-call-activity', 'Other process', 'callActivity'],
  ['part', 'SubProcess', 'bpmn-icon-subprocess-expanded', 'Part of the process', 'subProcess']
]

function palette (runs, t) {
  function Palette (palette, create, elementFactory, handTool, lassoTool, spaceTool, globalConnect) {
    const tool = (name, className, title, click) => ({
      [name]: { group: 'tools', className, title: t(title), action: { click } }
    })
    this.getPaletteEntries = () => ({
      ...tool('hand-tool', 'bpmn-icon-hand-tool', 'Move the canvas', (event) => handTool.activateHand(event)),
      ...tool('lasso-tool', 'bpmn-icon-lasso-tool', 'Select several', (event) => lassoTool.activateSelection(event)),
      ...tool('space-tool', 'bpmn-icon-space-tool', 'Make or take room', (event) => spaceTool.activateSelection(event)),
      ...tool('connect', 'bpmn-icon-connection-multi', 'Connect', (event) => globalConnect.start(event)),
      'tool-separator': { group: 'tools', separator: true },
      ...Object.fromEntries(SHAPES.filter((shape) => runs(shape[4])).map(([id, kind, className, title, , eventDefinitionType]) => {
        const begin = (event) => create.start(event, elementFactory.createShape({
          type: `bpmn:${kind}`, ...(eventDefinitionType && { eventDefinitionType }), ...(kind === 'SubProcess' && { isExpanded: true })
        }))
        return [`create.${id}`, { group: 'shapes', className, title: t(title), action: { dragstart: begin, click: begin } }]
      }))
    })
    palette.registerProvider(this)
  }
  Palette.$inject = ['palette', 'create', 'elementFactory', 'handTool', 'lassoTool', 'spaceTool', 'globalConnect']
  return Palette
}

const REPLACE = {
  'replace-with-user-task': 'userTask',
  'replace-with-service-task': 'serviceTask',
  'replace-with-script-task': 'scriptTask',
  'replace-with-rule-task': 'businessRuleTask',
  'replace-with-manual-task': 'manualTask',
  'replace-with-send-task': 'sendTask',
  'replace-with-receive-task': 'receiveTask',
  'replace-with-call-activity': 'callActivity',
  'replace-with-expanded-subprocess': 'subProcess',
  'replace-with-subprocess': 'subProcess',
  'replace-with-event-subprocess': 'subProcess',
  'replace-with-collapsed-subprocess': 'subProcess',
  'replace-with-exclusive-gateway': 'exclusiveGateway',
  'replace-with-parallel-gateway': 'parallelGateway',
  'replace-with-inclusive-gateway': 'inclusiveGateway',
  'replace-with-event-based-gateway': 'eventBasedGateway',
  'replace-with-none-start': '',
  'replace-with-none-end': '',
  'replace-with-error-end': '',
  'replace-with-none-intermediate-throw': '',
  'replace-with-none-intermediate-throwing': '',
  'replace-with-timer-intermediate-catch': '',
  'replace-with-timer-boundary': '',
  'replace-with-non-interrupting-timer-boundary': '',
  'replace-with-error-boundary': '',
  'replace-with-terminate-end': '',
  'replace-with-message-start': 'receiveTask',
  'replace-with-signal-start': 'receiveTask',
  'replace-with-timer-start': 'receiveTask',
  'replace-with-error-start': '',
  'replace-with-non-interrupting-message-start': 'receiveTask',
  'replace-with-non-interrupting-signal-start': 'receiveTask',
  'replace-with-non-interrupting-timer-start': '',
  'replace-with-message-end': 'sendTask',
  'replace-with-signal-end': 'sendTask',
  'replace-with-message-intermediate-throw': 'sendTask',
  'replace-with-signal-intermediate-throw': 'sendTask',
  'replace-with-message-intermediate-catch': 'receiveTask',
  'replace-with-signal-intermediate-catch': 'receiveTask',
  'replace-with-message-boundary': 'receiveTask',
  'replace-with-signal-boundary': 'receiveTask',
  'replace-with-non-interrupting-message-boundary': 'receiveTask',
  'replace-with-non-interrupting-signal-boundary': 'receiveTask',
  'replace-with-sequence-flow': '',
  'replace-with-default-flow': '',
  'replace-with-conditional-flow': ''
}

function restrict (runs, t) {
  function Restrict (popupMenu, contextPad, autoPlace, create, elementFactory) {
    popupMenu.registerProvider('bpmn-replace', 500, {
      getPopupMenuHeaderEntries: () => () => ({}),
      getPopupMenuEntries: () => (entries) => Object.fromEntries(
        Object.entries(entries).filter(([id]) => id in REPLACE && runs(REPLACE[id]))
      )
    })
    contextPad.registerProvider(500, {
      getContextPadEntries: (element) => (entries) => {
        const found = { ...entries }
        for (const id of ['append.append-task', 'append.message-intermediate-event', 'append.signal-intermediate-event',
          'append.receive-task', 'append.condition-intermediate-event', 'append.compensation-activity']) {
          const was = found[id]
          delete found[id]
          if (id !== 'append.append-task' || !was) continue
          for (const [kind, icon, title] of [['UserTask', 'user', 'Step of a person'], ['ServiceTask', 'service', 'Action']]) {
            const attributes = () => elementFactory.createShape({ type: `bpmn:${kind}` })
            found[`append.${icon}`] = {
              group: 'model',
              className: `bpmn-icon-${icon}-task`,
              title: t(title),
              action: {
                click: () => autoPlace.append(element, attributes()),
                dragstart: (event) => create.start(event, attributes(), { source: element })
              }
            }
          }
        }
        return found
      }
    })
  }
  Restrict.$inject = ['popupMenu', 'contextPad', 'autoPlace', 'create', 'elementFactory']
  return Restrict
}

const MADE = /^(Activity|Event|Gateway)_[0-9a-z]{7}$/

// An element that is named for the first time gets an id that says so: histories and programs name elements by it.
function tellingIds () {
  function Telling (eventBus, modeling, elementRegistry, moddle) {
    eventBus.on('commandStack.element.updateLabel.postExecuted', ({ context }) => {
      const element = context.element.labelTarget || context.element
      if (!MADE.test(element.id) || !context.newLabel) return
      const wanted = slug(context.newLabel)
      if (!wanted) return
      const taken = (id) => elementRegistry.get(id) || moddle.ids.assigned(id)
      let id = wanted
      for (let count = 2; taken(id); count += 1) id = `${wanted}_${count}`
      modeling.updateProperties(element, { id })
    })
  }
  Telling.$inject = ['eventBus', 'modeling', 'elementRegistry', 'moddle']
  return Telling
}
