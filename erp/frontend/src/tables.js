// The editor of decision tables: the table, what the server says of it, rows it is tried with, and the draft it is kept in.

import { board, TRIALS } from './tables/board.js'
import { Found } from './tables/found.js'
import { lay } from './tables/layout.js'
import { Marks } from './tables/marks.js'
import { Removing } from './tables/removing.js'
import { Trying } from './tables/trying.js'
import { download, undoing } from './studio/board.js'
import { make } from './studio/dom.js'
import { Saving } from './studio/saving.js'

const LOOK_AFTER = 250
const NARROW = 760
const page = document.getElementById('studio')
const one = (selector) => page.querySelector(selector)
const given = JSON.parse(document.getElementById('offered').textContent)
const t = (text) => given.texts[text] ?? text
const { key, token, ...urls } = page.dataset
const edits = page.dataset.edits === '1' && innerWidth > NARROW
const modeler = board('#canvas', { edits, t })
const marks = new Marks(one('#canvas'))
const found = new Found(one('[data-found]'), { t, edits, goTo, addRule, goToRow: (at) => trying.goTo(at) })
const trying = new Trying(one('[data-try]'), { t, edits, changed: keepRows, chosen: light })
let saving
let asked = 0
let timer

const content = async () => (await modeler.saveXML({ format: true })).xml
const service = (name) => modeler.getActiveViewer().get(name)

// The decision that is shown; the one that is asked while their diagram is.
function shown () {
  const element = modeler.getActiveView()?.element
  return element?.$type === 'dmn:Decision' ? element : modeler.getDefinitions().drgElement.find((each) => each.id === key)
}

function table () {
  const logic = shown()?.decisionLogic
  return logic?.$type === 'dmn:DecisionTable' ? logic : null
}

// -- what the server says ----------------------------------------------------------------------------

// Answers that come late are of an older table: the newest question counts.
async function look () {
  const mine = ++asked
  const decision = shown()?.id ?? key
  try {
    const answer = await fetch(`${urls.look}?decision=${encodeURIComponent(decision)}`, {
      method: 'POST', body: await content(), headers: { 'X-CSRFToken': token, Accept: 'application/json', 'Content-Type': 'application/xml' }
    })
    if (answer.ok && mine === asked) tell(await answer.json(), decision)
  } catch {
    // without a connection the last answer stands; the next change asks again
  }
}

function tell (answer, decision) {
  for (const each of answer.complaints) each.where = where(each)
  const here = answer.complaints.filter((each) => each.decision === decision)
  marks.set({ complaints: new Map(here.map((each) => [cellOf(each)?.id, each.message])) })
  found.draw(answer)
  trying.show(answer)
  page.dataset.ready = '1'
}

// The element a complaint is about: a cell, or the column itself.
function cellOf ({ decision, rule, place }) {
  const element = decision ? modeler.getDefinitions().drgElement.find((each) => each.id === decision) : shown()
  const logic = element?.decisionLogic
  if (logic?.$type !== 'dmn:DecisionTable') return element
  if (rule === 0) return [...(logic.input || []), ...logic.output][place]
  const row = logic.rule[rule - 1]
  return [...(row?.inputEntry || []), ...(row?.outputEntry || [])][place]
}

function where ({ decision, rule, place }) {
  const element = modeler.getDefinitions().drgElement.find((each) => each.id === decision)
  const logic = element?.decisionLogic
  const columns = logic?.$type === 'dmn:DecisionTable' ? [...(logic.input || []), ...logic.output] : []
  const column = columns[place]?.label || columns[place]?.name || String(place + 1)
  const said = rule ? t('Rule {rule}, column {column}').replace('{rule}', rule) : t('Head, column {column}')
  return (columns.length ? said.replace('{column}', column) : '') || element?.name || ''
}

function light () {
  const lit = trying.lit()
  const rules = new Map()
  for (const number of lit?.fitting || []) rules.set(table()?.rule?.[number - 1]?.id, 'fits')
  for (const number of lit?.deciding || []) rules.set(table()?.rule?.[number - 1]?.id, 'decides')
  marks.set({ rules })
}

async function goTo (each) {
  const element = each.decision && modeler.getDefinitions().drgElement.find((other) => other.id === each.decision)
  if (element && element !== shown()) await modeler.open(modeler.getView(element))
  const id = cellOf(each)?.id
  const cell = one(`#canvas [data-element-id="${CSS.escape(id)}"]`) || one(`#canvas th[data-col-id="${CSS.escape(id)}"]`)
  cell?.scrollIntoView({ block: 'center', inline: 'center' })
  const box = cell?.querySelector('[contenteditable]')
  if (box) box.focus()
  else cell?.click()
}

// -- changes -----------------------------------------------------------------------------------------

function addRule (cells) {
  const rule = service('editorActions').trigger('addRule')
  const modeling = service('modeling')
  for (const [place, text] of cells.entries()) modeling.editCell(rule.cells[place].businessObject, text)
  goTo({ rule: table().rule.length, place: cells.length })
}

function changed () {
  saving?.changed()
  clearTimeout(timer)
  timer = setTimeout(look, LOOK_AFTER)
}

// Rows are kept in the file, beside the decision they try.
function keepRows (rows) {
  const decision = shown()
  const { $model: model } = decision
  const holder = decision.extensionElements ?? model.create('dmn:ExtensionElements', { values: [] })
  const others = (holder.values || []).filter((each) => each.$type !== TRIALS)
  holder.values = rows.length ? [...others, model.create(TRIALS, { rows: JSON.stringify(rows) })] : others
  for (const each of holder.values) each.$parent = holder
  holder.$parent = decision
  decision.extensionElements = holder.values.length ? holder : undefined
  changed()
}

function work () {
  saving = new Saving({
    t, token, content,
    url: urls.save,
    saved: Number(page.dataset.saved),
    base: Number(page.dataset.base),
    said: one('[data-said]'),
    clash: one('[data-clash]'),
    download: asFile
  })
  saving.kept = ({ saved, label }) => {
    one('[data-label]').textContent = label
    for (const box of page.querySelectorAll('input[name=saved]')) box.value = saved
    for (const part of page.querySelectorAll('[data-with-draft]')) part.hidden = false
  }
  const removing = new Removing(one('[data-remove-rule]'), { t, service, viewer: () => modeler.getActiveViewer() })
  const tellStack = undoing(page, () => modeler.getActiveViewer()?.get('commandStack', false))
  const listened = new WeakSet()
  const listen = () => {
    const viewer = modeler.getActiveViewer()
    if (viewer && !listened.has(viewer)) {
      listened.add(viewer)
      viewer.on('commandStack.changed', () => {
        tellStack()
        changed()
      })
      removing.listen(viewer)
    }
    tellStack()
    removing.tell()
  }
  modeler.on('views.changed', listen)
  listen()
  document.addEventListener('keydown', (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === 's') {
      event.preventDefault()
      saving.now()
    }
  })
}

// -- the page ----------------------------------------------------------------------------------------

const asFile = async () => download(await content(), `${key}.dmn`, 'application/xml')

// Several decisions of one file, and how they need one another where that is drawn.
function views () {
  const place = one('[data-views]')
  const all = modeler.getViews().filter((each) => each.type !== 'drd' || modeler.getDefinitions().dmnDI)
  place.hidden = all.length < 2
  place.setAttribute('aria-label', t('Decisions in this file'))
  place.setAttribute('role', 'group')
  place.replaceChildren(...all.map((view) => make('button', {
    type: 'button', className: 'btn btn-sm', 'aria-pressed': String(view.element === modeler.getActiveView()?.element), onclick: () => modeler.open(view)
  }, view.type === 'drd' ? t('Diagram of the decisions') : view.name || view.id)))
}

async function start () {
  const answer = await fetch(urls.file)
  if (!answer.ok) throw new Error(answer.statusText)
  const { warnings } = await modeler.importXML(await answer.text(), { open: false })
  warnings.forEach((each) => console.info(each.message))
  lay(modeler.getDefinitions())
  const asking = modeler.getDefinitions().drgElement.find((each) => each.id === key)
  await modeler.open(modeler.getView(asking))
  modeler.on('views.changed', () => {
    views()
    look()
  })
  views()
  new MutationObserver(() => marks.draw()).observe(one('#canvas'), { childList: true, subtree: true })
  one('[data-export]').addEventListener('click', asFile)
  if (edits) work()
  await look()
}

start().catch((error) => {
  document.getElementById('canvas').textContent = page.dataset.failed
  throw error
})
