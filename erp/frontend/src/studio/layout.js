// A drawing for a file without one. Only the places are taken from the layout: the file itself stays as it came.

import { layoutProcess } from 'bpmn-auto-layout'

const SPACES = 'xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI"'
const DRAWING = /<([\w.-]+:)?BPMNDiagram\b[\s\S]*<\/([\w.-]+:)?BPMNDiagram>/
const SHAPE = /<bpmndi:BPMNShape\b[^>]*bpmnElement="([^"]+)"[^>]*>\s*<dc:Bounds x="([^"]+)" y="([^"]+)" width="([^"]+)" height="([^"]+)"/g
const EDGE = /<bpmndi:BPMNEdge\b[^>]*bpmnElement="([^"]+)"[^>]*>([\s\S]*?)<\/bpmndi:BPMNEdge>/g
const PROCESS = /<(?:[\w.-]+:)?process\b[^>]*?(?:\/>|>[\s\S]*?<\/(?:[\w.-]+:)?process>)/g
const LANE = /<(\/?)(?:[\w.-]+:)?(lane|flowNodeRef)\b([^>]*?)(\/?)>([^<]*)/g
const COLLABORATION = /<(?:[\w.-]+:)?collaboration\b[^>]*?(?:\/>|>[\s\S]*?<\/(?:[\w.-]+:)?collaboration>)/g
const GAP = 50
const EDGE_OF_LANE = 30
const HEAD = 30

export const hasDrawing = (xml) => /<(?:[\w.-]+:)?BPMNShape\b/.test(xml)

export async function laidOut (xml) {
  const bare = xml.replace(DRAWING, '')
  const [drawing] = DRAWING.exec(await layoutProcess(alone(bare))) || ['']
  const placed = banded(drawing, lanesOf(bare), waysOf(bare)).replace('<bpmndi:BPMNDiagram', `<bpmndi:BPMNDiagram ${SPACES}`)
  return bare.replace(/<\/(?:[\w.-]+:)?definitions>\s*$/, (end) => placed + end)
}

// The layout looks at the first process only: it is given the one that runs, without the pools around it.
function alone (xml) {
  const all = xml.match(PROCESS) || []
  const ours = all.find((each) => /^<[^>]*\sisExecutable="true"/.test(each)) || all.find((each) => /sequenceFlow\b/.test(each)) || all[0]
  return xml.replace(PROCESS, (each) => each === ours ? each : '').replace(COLLABORATION, '')
}

const attribute = (text, name) => new RegExp(`\\s${name}="([^"]*)"`).exec(text)?.[1]

// The lanes as they lie in one another, each with the elements that are in no lane inside it.
function lanesOf (xml) {
  const found = []
  const open = []
  for (const [, isEnd, name, head, isEmpty, text] of xml.matchAll(LANE)) {
    if (name === 'flowNodeRef') {
      if (!isEnd) open.at(-1)?.members.push(text.trim())
    } else if (isEnd) {
      open.pop()
    } else {
      const lane = { id: attribute(head, 'id'), members: [], lanes: [] }
      ;(open.at(-1)?.lanes ?? found).push(lane)
      if (!isEmpty) open.push(lane)
    }
  }
  return found.map(parted)
}

const everything = (lane) => [...lane.members, ...lane.lanes.flatMap(everything)]

function parted (lane) {
  const taken = new Set(lane.lanes.flatMap(everything))
  return { id: lane.id, members: lane.members.filter((id) => !taken.has(id)), lanes: lane.lanes.map(parted) }
}

function waysOf (xml) {
  const found = [...xml.matchAll(/<(?:[\w.-]+:)?sequenceFlow\b([^>]*)>/g)]
  return new Map(found.map(([, head]) => [attribute(head, 'id'), [attribute(head, 'sourceRef'), attribute(head, 'targetRef')]]))
}

// Each lane gets a band of its own, with its elements in the rows they had; ways between bands are led anew.
export function banded (drawing, lanes, ways) {
  const shapes = new Map([...drawing.matchAll(SHAPE)].map(([, id, ...box]) => {
    const [x, y, width, height] = box.map(Number)
    return [id, { x, y, width, height }]
  }))
  const used = holding(lanes, shapes)
  if (!used.length) return drawing
  const moves = new Map()
  const left = Math.min(...[...shapes.values()].map((each) => each.x)) - EDGE_OF_LANE - HEAD * depth(used)
  const right = Math.max(...[...shapes.values()].map((each) => each.x + each.width)) + EDGE_OF_LANE
  const bands = []
  let top = 0
  const place = (lane, x) => {
    const made = { id: lane.id, x, y: top, width: right - x }
    bands.push(made)
    if (lane.members.length) top += band(lane.members, shapes, top, moves)
    for (const each of lane.lanes) place(each, x + HEAD)
    made.height = top - made.y
  }
  for (const lane of used) place(lane, left)
  const members = [...moves.keys()]
  const moveOf = (id) => moves.get(id) ?? moves.get(holder(shapes.get(id), members, shapes)) ?? 0
  const by = new Map([...shapes.keys()].map((id) => [id, moveOf(id)]))
  const now = new Map([...shapes].map(([id, box]) => [id, { ...box, y: box.y + by.get(id) }]))
  const moved = drawing
    .replace(SHAPE, (whole, id) => whole.replace(/ y="[^"]+"/, ` y="${now.get(id).y}"`))
    .replace(EDGE, (whole, id, points) => whole.replace(points, bends(ways.get(id), points, by, now)))
  const drawn = bands.map(({ id, x, y, width, height }) => `<bpmndi:BPMNShape id="${id}_di" bpmnElement="${id}" isHorizontal="true"><dc:Bounds x="${x}" y="${y}" width="${width}" height="${height}" /></bpmndi:BPMNShape>`)
  return moved.replace(/<bpmndi:BPMNPlane\b[^>]*>/, (plane) => plane + drawn.join(''))
}

// The lanes that hold something, with what is drawn of it.
function holding (lanes, shapes) {
  return lanes.map((lane) => ({ id: lane.id, members: lane.members.filter((id) => shapes.has(id)), lanes: holding(lane.lanes, shapes) }))
    .filter((lane) => lane.members.length || lane.lanes.length)
}

const depth = (lanes) => lanes.length ? 1 + Math.max(...lanes.map((lane) => depth(lane.lanes))) : 0

// Puts the rows of one lane below each other; returns how high the lane is.
function band (ids, shapes, top, moves) {
  const middle = (id) => Math.round(shapes.get(id).y + shapes.get(id).height / 2)
  const rows = [...new Set(ids.map(middle))].sort((one, other) => one - other)
  let y = top + EDGE_OF_LANE
  for (const row of rows) {
    const those = ids.filter((id) => middle(id) === row)
    const height = Math.max(80, ...those.map((id) => shapes.get(id).height))
    for (const id of those) moves.set(id, y + height / 2 - row)
    y += height + GAP
  }
  return Math.max(140, y - GAP + EDGE_OF_LANE - top)
}

// The element of a lane in which something lies, or on whose edge it sits: the smallest one.
function holder (box, members, shapes) {
  const x = box.x + box.width / 2
  const y = box.y + box.height / 2
  const around = members.filter((id) => {
    const each = shapes.get(id)
    return x >= each.x - 20 && x <= each.x + each.width + 20 && y >= each.y - 20 && y <= each.y + each.height + 20
  })
  const size = (id) => shapes.get(id).width * shapes.get(id).height
  return around.sort((one, other) => size(one) - size(other))[0]
}

function bends (ends, points, by, now) {
  const [source, target] = (ends || []).map((id) => now.get(id))
  if (!source || !target) return points
  const [first, second] = ends.map((id) => by.get(id))
  if (first === second) return points.replace(/ y="([^"]+)"/g, (_whole, y) => ` y="${Number(y) + first}"`)
  const others = [...now.values()].filter((box) => box !== source && box !== target)
  return led(source, target, others).map(([x, y]) => `<di:waypoint x="${x}" y="${y}" />`).join('')
}

// Of a few ways to lead it, the one that crosses the fewest other shapes.
function led (source, target, others) {
  const from = { x: source.x + source.width, y: source.y + source.height / 2 }
  const to = { x: target.x, y: target.y + target.height / 2 }
  const isBelow = target.y > source.y
  const out = [source.x + source.width / 2, isBelow ? source.y + source.height : source.y]
  const into = [target.x + target.width / 2, isBelow ? target.y : target.y + target.height]
  const between = isBelow ? into[1] - 20 : into[1] + 20
  const ways = [[out, [out[0], between], [into[0], between], into]]
  if (to.x - from.x >= 20) {
    const across = (x) => [[from.x, from.y], [x, from.y], [x, to.y], [to.x, to.y]]
    ways.unshift(across((from.x + to.x) / 2), [out, [out[0], to.y], [to.x, to.y]], across(from.x + 10), across(to.x - 10))
  }
  const cost = ways.map((way) => others.filter((box) => crosses(way, box)).length)
  return ways[cost.indexOf(Math.min(...cost))]
}

// All parts of a way are level or upright.
function crosses (way, { x, y, width, height }) {
  return way.slice(1).some(([toX, toY], at) => {
    const [fromX, fromY] = way[at]
    return Math.max(fromX, toX) > x && Math.min(fromX, toX) < x + width && Math.max(fromY, toY) > y && Math.min(fromY, toY) < y + height
  })
}
