// The editor of a process: drawing, panel, checks, draft and the way to a new version.

import BpmnModeler from 'bpmn-js/lib/Modeler'
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer'
import minimap from 'diagram-js-minimap'
import simulation from 'bpmn-js-token-simulation/lib/modeler.js'
import { download, undoing } from './studio/board.js'
import { make } from './studio/dom.js'
import { Gate } from './studio/gate.js'
import { harmless } from './studio/harmless.js'
import { hasDrawing, laidOut } from './studio/layout.js'
import { Model } from './studio/model.js'
import { modules, roleNames } from './studio/modules.js'
import { Panel } from './studio/panel.js'
import { makesRoom } from './studio/places.js'
import { Problems } from './studio/problems.js'
import { mended, prepared } from './studio/reading.js'
import { Saving } from './studio/saving.js'
import { Walk } from './studio/walk.js'
import { namesIn, spiffFor } from './studio/spiff.js'
import { names } from './studio/ways.js'

const CHECK_AFTER = 300
const NARROW = 760
const page = document.getElementById('studio')
const one = (selector) => page.querySelector(selector)
const given = JSON.parse(document.getElementById('offered').textContent)
const texts = given.texts
const t = (text) => texts[text] ?? text
const { key, token, ...urls } = page.dataset
const edits = page.dataset.edits === '1' && innerWidth > NARROW
const font = { fontFamily: 'Inter, Vazirmatn, sans-serif', fontSize: 14, lineHeight: 1.2 }
const looks = {
  container: '#canvas',
  textRenderer: { defaultStyle: font, externalStyle: { ...font, fontSize: 13 } },
  bpmnRenderer: { defaultStrokeColor: '#4d5965', defaultLabelColor: '#18222b' }
}
let modeler

function board (xml) {
  const options = { ...looks, moddleExtensions: { spiffworkflow: spiffFor(namesIn(xml)) } }
  const speaking = roleNames(given.roles)
  if (!edits) return new NavigatedViewer({ ...options, additionalModules: [speaking] })
  return new BpmnModeler({ ...options, additionalModules: [speaking, ...modules({ kinds: given.kinds, t }), minimap, simulation] })
}

const content = async () => (await modeler.saveXML({ format: true })).xml

// A file without a drawing gets one; it is saved with the next change. What the tool would leave out is told.
async function open (xml) {
  const isDrawn = hasDrawing(xml)
  const { warnings } = await modeler.importXML(prepared(isDrawn ? xml : await laidOut(xml)))
  tell(mended(warnings, modeler.get('moddle')))
  return !isDrawn
}

function tell (warnings) {
  if (!warnings.length || !edits) return
  const close = make('button', { type: 'button', className: 'btn btn-sm', onclick: () => told.remove() }, t('Close'))
  const told = make('div', { className: 'mr-clash', role: 'alert' },
    make('p', { className: 'mr-grow' }, t('The drawing tool cannot keep all of this file. As soon as something is changed it leaves out:')), close,
    make('ul', { dir: 'auto' }, ...warnings.slice(0, 8).map((each) => make('li', {}, each.message.split('\n')[0]))))
  one('[data-clash]').replaceChildren(told)
}

function fit () {
  const canvas = modeler.get('canvas')
  canvas.resized()
  canvas.zoom('fit-viewport', 'auto')
  if (canvas.zoom() < 0.4) begin(canvas)
  else canvas.zoom(canvas.zoom() * 0.95, 'auto')
  tellZoom()
}

// A long process is too small to read as a whole: begin where it begins.
function begin (canvas) {
  const start = modeler.get('elementRegistry').find((each) => each.businessObject?.$type === 'bpmn:StartEvent')
  canvas.zoom(0.75)
  if (start) canvas.scrollToElement(start, { top: 160, bottom: 200, left: innerWidth > NARROW ? 160 : 40, right: 200 })
}

function tellZoom () {
  one('[data-zoom-said]').textContent = modeler.get('canvas').zoom().toLocaleString(given.language, { style: 'percent', maximumFractionDigits: 0 })
}

function zoomButtons () {
  const canvas = modeler.get('canvas')
  const step = (factor) => { canvas.zoom(Math.min(4, Math.max(0.15, canvas.zoom() * factor))); tellZoom() }
  one('[data-zoom=in]').addEventListener('click', () => step(1.2))
  one('[data-zoom=out]').addEventListener('click', () => step(1 / 1.2))
  one('[data-zoom=whole]').addEventListener('click', () => { canvas.zoom('fit-viewport', 'auto'); canvas.zoom(canvas.zoom() * 0.95, 'auto'); tellZoom() })
  modeler.on('canvas.viewbox.changed', tellZoom)
}

function exports () {
  one('[data-export=bpmn]')?.addEventListener('click', async () => download(await content(), `${key}.bpmn`, 'application/xml'))
  one('[data-export=svg]')?.addEventListener('click', async () => download(harmless((await modeler.saveSVG()).svg), `${key}.svg`, 'image/svg+xml'))
}

function simulating () {
  const button = one('[data-simulate]')
  button.addEventListener('click', () => modeler.get('toggleMode').toggleMode())
  modeler.on('tokenSimulation.toggleMode', ({ active }) => {
    button.setAttribute('aria-pressed', String(active))
    page.classList.toggle('simulating', active)
  })
}

function finding () {
  const box = one('[data-find-process]')
  box?.addEventListener('input', () => {
    const wanted = box.value.trim().toLocaleLowerCase()
    for (const link of page.querySelectorAll('.mr-lib a[data-title]')) link.hidden = !link.dataset.title.toLocaleLowerCase().includes(wanted)
    for (const group of page.querySelectorAll('.mr-lib section')) group.hidden = !group.querySelector('a:not([hidden])')
  })
}

async function start () {
  const answer = await fetch(urls.drawing)
  if (!answer.ok) throw new Error(answer.statusText)
  const xml = await answer.text()
  modeler = board(xml)
  const model = new Model(modeler)
  const problems = new Problems(one('[data-checks]'), modeler, { t, url: urls.check, token, desk: edits && { t, model, modeler, offered: given } })
  await document.fonts.load('14px Inter')
  const fresh = await open(xml)
  const panel = new Panel(one('[data-panel]'), modeler, model, given, { t, edits, problems, paths: urls })
  problems.changed = () => !one('[data-panel]').contains(document.activeElement) && panel.draw()
  problems.chosen = (element) => {
    panel.show(element)
    one('[data-panel] h2').focus()
  }
  problems.testsUrl = urls.tests
  problems.tests = given.tests
  problems.show(given.problems)
  zoomButtons()
  exports()
  finding()
  const walk = walking(problems)
  if (edits) work(model, problems, panel, walk, fresh)
  fit()
  if (location.hash) problems.goTo(decodeURIComponent(location.hash.slice(1)))
  const wanted = new URLSearchParams(location.search).get('case')
  if (wanted !== null) await walk.openCase(wanted)
  page.dataset.ready = '1'
}

// Whoever only looks walks what is published.
function walking (problems) {
  const walk = new Walk(one('[data-walk]'), one('[data-try]'), modeler, { url: urls.try, token, content, goTo: (id) => problems.goTo(id) })
  problems.openCase = (place) => walk.openCase(place)
  return walk
}

function work (model, problems, panel, walk, fresh) {
  const saving = new Saving({
    t, token, content,
    url: urls.save,
    saved: Number(page.dataset.saved),
    base: Number(page.dataset.base),
    said: one('[data-said]'),
    clash: one('[data-clash]'),
    download: async () => download(await content(), `${key}.bpmn`, 'application/xml')
  })
  walk.saving = saving
  walk.recorded = (saved) => {
    saving.saved = saved
    saving.kept({ saved, label: one('[data-label]').textContent })
    problems.checkTests()
  }
  saving.kept = ({ saved, label, tests }) => {
    one('[data-label]').textContent = label
    if (tests) problems.showTests(tests)
    for (const box of page.querySelectorAll('input[name=saved]')) box.value = saved
    for (const part of page.querySelectorAll('[data-with-draft]')) part.hidden = false
  }
  const gate = new Gate(document.getElementById('gate'), modeler, { url: urls.publish, saving })
  gate.goTo = (id) => problems.goTo(id)
  one('[data-publish]')?.addEventListener('click', () => gate.open())
  modeler.on('commandStack.changed', undoing(page, () => modeler.get('commandStack')))
  simulating()
  nameList(model)
  leaving(saving)
  begins(saving, model, panel)
  makesRoom(modeler, model)
  let timer
  const changed = () => {
    saving.changed()
    clearTimeout(timer)
    timer = setTimeout(async () => problems.check(await content()), CHECK_AFTER)
  }
  modeler.on('commandStack.changed', changed)
  if (fresh) changed()
  document.addEventListener('keydown', (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === 's') {
      event.preventDefault()
      saving.now()
    }
  })
}

// Where a link leads to another part of the draft, all that was drawn is kept first.
function leaving (saving) {
  page.addEventListener('click', async (event) => {
    const link = event.target.closest('a[data-leave], .mr-studio-tabs a')
    if (!link || !saving.dirty || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    if (await saving.now()) location.assign(link.href)
  })
}

// A form for a step, begun where it is asked; the drawing is kept first.
function begins (saving, model, panel) {
  panel.newForm = async (element) => {
    const taken = (name) => given.forms.some((each) => each.value === `${key}.${name}`)
    let name = element.id
    for (let count = 2; taken(name); count += 1) name = `${element.id}_${count}`
    model.setProperties(element, { form: `${key}.${name}`, edits: undefined })
    if (!await saving.now()) return
    const body = new URLSearchParams({ name, saved: saving.saved, csrf_token: token })
    const answer = await fetch(`${urls.forms}/new`, { method: 'POST', body })
    if (answer.redirected) location.assign(answer.url)
    else saving.complain(t('It could not be saved.'))
  }
}

// What expressions may name, offered while one types.
function nameList (model) {
  const list = Object.assign(document.createElement('datalist'), { id: 'names' })
  page.append(list)
  const fill = () => list.replaceChildren(...names({ t, offered: given, model }).map((each) => Object.assign(document.createElement('option'), { value: each.value, label: each.label })))
  one('[data-panel]').addEventListener('focusin', fill)
}

start().catch((error) => {
  document.getElementById('canvas').textContent = page.dataset.failed
  throw error
})
