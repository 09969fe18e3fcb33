// The editor of a form: components, board, panel, checks, preview, draft and the way to a new version.

import { board, plain, prepared } from './forms/board.js'
import { FormModel } from './forms/model.js'
import { Palette } from './forms/palette.js'
import { FormPanel } from './forms/panel.js'
import { Preview } from './forms/preview.js'
import { FormProblems } from './forms/problems.js'
import { download, undoing } from './studio/board.js'
import { Gate } from './studio/gate.js'
import { Saving } from './studio/saving.js'

const CHECK_AFTER = 300
const NARROW = 760
const page = document.getElementById('studio')
const one = (selector) => page.querySelector(selector)
const given = JSON.parse(document.getElementById('offered').textContent)
const t = (text) => given.texts[text] ?? text
const { form, token, ...urls } = page.dataset
const edits = page.dataset.edits === '1' && innerWidth > NARROW
let editor
let palette

const content = () => JSON.stringify({ ...plain(editor.saveSchema()), id: form })

const asFile = () => download(content(), `${form}.form`, 'application/json')

async function start () {
  const names = new Map([...given.palette].reverse().map((each) => [each.draw.type, each.label]))
  editor = board(one('[data-sheet]'), { t, put: (preset, parent, index) => palette.model.put(palette.attrs(preset), parent, index), names })
  one('[data-sheet]').style.setProperty('--mr-empty', JSON.stringify(t('Choose a component at the side, or drag it here.')))
  one('[data-sheet]').classList.toggle('looking', !edits)
  await editor.importSchema(prepared({ type: 'default', ...given.schema }))
  const model = new FormModel(editor)
  const problems = new FormProblems(one('[data-checks]'), editor, model, { t, url: urls.check, token })
  const panel = new FormPanel(one('[data-panel]'), model, given, { t, edits, problems, diagram: urls.diagram })
  editor.on('selection.changed', ({ selection }) => panel.show(selection))
  problems.answered = ({ said }) => { panel.said = said }
  problems.changed = () => panel.changed()
  problems.chosen = (field) => {
    panel.show(field)
    one('[data-panel] h2').focus()
  }
  panel.draw()
  const saving = edits ? work(model, problems) : null
  new Preview(one('[data-preview-part]'), one('[data-sheet]'), one('[data-look]'), { ...given, t, url: urls.preview, saving })
  requestAnimationFrame(() => {
    problems.show(given.problems)
    page.dataset.ready = '1'
  })
}

function work (model, problems) {
  palette = new Palette(one('[data-palette]'), one('[data-find]'), given, model, t)
  const saving = new Saving({
    t, token, content,
    download: asFile,
    type: 'application/json',
    url: urls.save,
    saved: Number(page.dataset.saved),
    base: Number(page.dataset.base),
    said: one('[data-said]'),
    clash: one('[data-clash]')
  })
  saving.kept = ({ saved, label }) => {
    one('[data-label]').textContent = label
    for (const box of page.querySelectorAll('input[name=saved]')) box.value = saved
    for (const part of page.querySelectorAll('[data-with-draft]')) part.hidden = false
  }
  const gate = new Gate(document.getElementById('gate'), null, { url: urls.publish, saving })
  gate.goTo = (id) => location.assign(`${urls.diagram}#${id}`)
  one('[data-publish]').addEventListener('click', () => gate.open())
  editor.on('commandStack.changed', undoing(page, () => editor.get('commandStack')))
  problems.letChange = async () => {
    if (await saving.now()) one('[data-let]').submit()
  }
  let timer
  editor.on('commandStack.changed', () => {
    saving.changed()
    palette.mark()
    clearTimeout(timer)
    timer = setTimeout(() => problems.check(content()), CHECK_AFTER)
    requestAnimationFrame(() => problems.changed())
  })
  document.addEventListener('keydown', (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === 's') {
      event.preventDefault()
      saving.now()
    }
  })
  return saving
}

start().catch((error) => {
  one('[data-sheet]').textContent = page.dataset.failed
  throw error
})
