// Two drawings beside each other: what was added, what is changed, what is gone; they are moved together.

import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer'
import { ghosts, mark, placedIn } from './studio/changes.js'

const page = document.getElementById('compare')
const changes = JSON.parse(document.getElementById('changes').textContent)
const font = { fontFamily: 'Inter, Vazirmatn, sans-serif', fontSize: 14, lineHeight: 1.2 }
const MARKS = {
  before: { moved: 'mr-moved', removed: 'mr-removed', changed: 'mr-changed' },
  after: { moved: 'mr-moved', added: 'mr-added', changed: 'mr-changed' }
}
const placed = placedIn(page)

async function draw (side) {
  const place = page.querySelector(`[data-side=${side}]`)
  const viewer = new NavigatedViewer({
    container: place,
    textRenderer: { defaultStyle: font, externalStyle: { ...font, fontSize: 13 } },
    bpmnRenderer: { defaultStrokeColor: '#4d5965', defaultLabelColor: '#18222b' }
  })
  const answer = await fetch(place.dataset.url)
  if (!answer.ok) throw new Error(answer.statusText)
  await viewer.importXML(await answer.text())
  const canvas = viewer.get('canvas')
  mark(viewer, [...placed.moved.map((element) => ({ kind: 'moved', element })), ...changes], MARKS[side])
  if (side === 'after') ghosts(viewer, placed)
  canvas.zoom('fit-viewport', 'auto')
  return viewer
}

function together (one, other) {
  let leading = false
  const follow = (from, to) => from.on('canvas.viewbox.changed', ({ viewbox }) => {
    if (leading) return
    leading = true
    const { x, y, scale } = viewbox
    const { width, height } = to.get('canvas').getSize()
    to.get('canvas').viewbox({ x, y, width: width / scale, height: height / scale })
    leading = false
  })
  follow(one, other)
  follow(other, one)
}

async function start () {
  await document.fonts.load('14px Inter')
  const [before, after] = await Promise.all(['before', 'after'].map(draw))
  together(before, after)
  const show = (id) => [after, before].some((viewer) => {
    const element = viewer.get('elementRegistry').get(id)
    if (!element) return false
    viewer.get('canvas').zoom(0.7)
    viewer.get('canvas').scrollToElement(element, { top: 100, bottom: 100, left: 160, right: 160 })
    return true
  })
  page.addEventListener('click', (event) => {
    const button = event.target.closest('[data-element]')
    if (button) show(button.dataset.element)
  })
  // A whole process is too small to read: begin where something is different.
  if (after.get('canvas').zoom() < 0.5) changes.some(({ element }) => element && show(element))
  page.dataset.ready = '1'
}

start().catch((error) => {
  page.querySelector('[data-side=after]').textContent = page.dataset.failed
  throw error
})
