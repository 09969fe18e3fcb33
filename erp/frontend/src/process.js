// Process tab: the diagram with what is passed, where the token is, how long each step took; a click asks why.

import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer'

const place = document.getElementById('diagram')
const marks = JSON.parse(place.dataset.marks)
const READABLE = 0.7
const LOWEST = 240
const MARGIN = 24
const font = { fontFamily: 'Inter, Vazirmatn, sans-serif', fontSize: 14, lineHeight: 1.2 }

const viewer = new NavigatedViewer({
  container: place,
  textRenderer: { defaultStyle: font, externalStyle: { ...font, fontSize: 13 } },
  bpmnRenderer: { defaultStrokeColor: '#4d5965', defaultLabelColor: '#18222b' }
})

function fit () {
  const canvas = viewer.get('canvas')
  canvas.zoom('fit-viewport', 'auto')
  canvas.zoom(canvas.zoom() * 0.97, 'auto')
}

// As high as the drawing needs, when it is as large as it can be read or fills the width; never higher than it was.
function shape () {
  const canvas = viewer.get('canvas')
  const { inner } = canvas.viewbox()
  const zoom = Math.min(1, Math.max(READABLE, place.clientWidth / inner.width))
  place.style.blockSize = `${Math.max(LOWEST, Math.min(place.clientHeight, inner.height * zoom + 2 * MARGIN))}px`
  canvas.resized()
}

// The part of a line of this length that has its middle nearest to a point and shows nothing beside the drawing.
function part (middle, length, begins, whole) {
  if (length >= whole) return begins - (length - whole) / 2
  return Math.max(begins, Math.min(middle - length / 2, begins + whole - length))
}

// A whole process is often too small to read: begin where the document is.
function begin () {
  fit()
  const canvas = viewer.get('canvas')
  const at = viewer.get('elementRegistry').get(marks.asked || (marks.here || [])[0] || '')
  if (canvas.zoom() >= READABLE || !at) return
  const { inner } = canvas.viewbox()
  const edge = MARGIN / READABLE
  const width = place.clientWidth / READABLE
  const height = place.clientHeight / READABLE
  const x = part(at.x + at.width / 2, width, inner.x - edge, inner.width + 2 * edge)
  const y = part(at.y + at.height / 2, height, inner.y - edge, inner.height + 2 * edge)
  canvas.viewbox({ x, y, width, height })
}

function chip (className, text) {
  return Object.assign(document.createElement('div'), { className, textContent: text, dir: 'auto' })
}

// The lower left corner, unless a timer or an error sits on it.
function corner ({ attachers = [], x, y, width, height }) {
  const taken = attachers.some((event) => event.y + event.height > y + height && event.x < x + width / 2)
  return taken ? { bottom: 9, right: 44 } : { bottom: 9, left: 5 }
}

function draw () {
  const canvas = viewer.get('canvas')
  const overlays = viewer.get('overlays')
  const known = viewer.get('elementRegistry')
  const mark = (ids, name) => ids.filter((id) => known.get(id)).forEach((id) => canvas.addMarker(id, name))
  for (const { id, level } of marks.heat || []) mark([id], `heat-${level}`)
  mark(marks.past || [], 'past')
  mark(marks.here || [], 'here')
  mark(marks.stuck || [], 'stuck')
  mark(marks.asked ? [marks.asked] : [], 'asked')
  for (const { id, text, kind } of marks.chips || []) {
    const element = known.get(id)
    if (element) overlays.add(id, { position: corner(element), html: chip(`mr-dwell ${kind || ''}`, text) })
  }
  for (const { id, text } of marks.tokens || []) {
    if (known.get(id)) overlays.add(id, { position: { top: -12, left: -12 }, html: chip('mr-token', text) })
  }
  shape()
  begin()
  place.dataset.ready = '1'
}

// The panel is part of the page at ?element=ID: fetch that page and take the panel out of it.
async function why (url, push = true) {
  const page = new DOMParser().parseFromString(await (await fetch(url)).text(), 'text/html')
  const panel = page.getElementById('why')
  if (!panel) return
  document.getElementById('why').replaceWith(panel)
  if (push) history.pushState(null, '', url)
  const canvas = viewer.get('canvas')
  if (marks.asked) canvas.removeMarker(marks.asked, 'asked')
  marks.asked = JSON.parse(page.getElementById('diagram').dataset.marks).asked
  if (marks.asked && viewer.get('elementRegistry').get(marks.asked)) canvas.addMarker(marks.asked, 'asked')
  // The panel takes a part of the diagram's width, and gives it back.
  canvas.resized()
  begin()
}

// Of a heat map: where an element of the table is drawn.
function show (id) {
  const at = viewer.get('elementRegistry').get(id)
  if (!at) return
  viewer.get('canvas').zoom(READABLE)
  viewer.get('canvas').scrollToElement(at, { top: 100, bottom: 100, left: 160, right: 160 })
  if (marks.asked) viewer.get('canvas').removeMarker(marks.asked, 'asked')
  marks.asked = id
  viewer.get('canvas').addMarker(id, 'asked')
  place.scrollIntoView({ block: 'center' })
}

// And what the table says of an element.
function row (id) {
  const found = document.getElementById(`row-${id}`)
  found?.scrollIntoView({ block: 'center' })
  found?.focus()
}

async function start () {
  try {
    const answer = await fetch(place.dataset.xml)
    if (!answer.ok) throw new Error(answer.statusText)
    await document.fonts.load('14px Inter')
    await viewer.importXML(await answer.text())
    draw()
  } catch (error) {
    place.textContent = place.dataset.failed
    throw error
  }
}

viewer.on('element.click', ({ element }) => {
  if (!element.parent || element.type === 'label' || element.waypoints) return
  if (!place.dataset.element) return row(element.id)
  const url = new URL(place.dataset.element, location.href)
  url.searchParams.set('element', element.id)
  why(url)
})
document.addEventListener('click', (event) => {
  const wanted = event.target.closest('[data-show]')
  if (wanted) return show(wanted.dataset.show)
  const link = event.target.closest('a[data-why]')
  if (!link || event.ctrlKey || event.metaKey) return
  event.preventDefault()
  why(link.href)
})
addEventListener('popstate', () => why(location.href, false))
document.querySelector('[data-fit]').addEventListener('click', fit)
start()
