// What changes from one drawing to another, in colour: also where what is gone stood, as an outline.

const SVG = 'http://www.w3.org/2000/svg'
const LAYER = 'mr-gone'

export function placedIn (place) {
  const found = place.querySelector('[data-placed]')
  return found ? JSON.parse(found.dataset.placed) : { moved: [], gone: {}, cut: {} }
}

// Marks elements; returns what takes the marks away again.
export function mark (viewer, changes, marks) {
  const canvas = viewer.get('canvas')
  const registry = viewer.get('elementRegistry')
  const made = changes.filter(({ kind, element }) => marks[kind] && registry.get(element)).map(({ kind, element }) => [element, marks[kind]])
  made.forEach(([element, name]) => canvas.addMarker(element, name))
  return () => made.forEach(([element, name]) => registry.get(element) && canvas.removeMarker(element, name))
}

export function ghosts (viewer, { gone, cut }) {
  const layer = viewer.get('canvas').getLayer(LAYER, -1)
  layer.replaceChildren(...Object.values(gone).map(box), ...Object.values(cut).map(way))
  return () => layer.replaceChildren()
}

function drawn (name, attributes) {
  const made = document.createElementNS(SVG, name)
  for (const [each, value] of Object.entries(attributes)) made.setAttribute(each, value)
  made.setAttribute('class', 'mr-ghost')
  return made
}

const box = ([x, y, width, height]) => drawn('rect', { x, y, width, height, rx: 6 })

const way = (bends) => drawn('polyline', { points: bends.join(' ') })
