// Where a shape finds room: the free place in a lane that is nearest to where it is.

const GAP = 20
const STEP = 10
const REACH = 600
const HEAD = 30
// The name is asked for at 500; a shape that moves then would take the question away.
const BEFORE_NAMING = 600
// Shapes others lie in, and words that may be moved aside.
const HOLDS = /Lane|Participant|SubProcess/

export function freePlace (registry, lane, element) {
  const others = registry.filter((each) => !each.waypoints && each !== element && each.label !== element && each.width && !HOLDS.test(each.type || each.businessObject?.$type) && each.parent)
  const low = { x: lane.x + HEAD + GAP, y: lane.y + GAP }
  const high = { x: lane.x + lane.width - GAP - element.width, y: lane.y + lane.height - GAP - element.height }
  const near = (value, from, to) => Math.max(from, Math.min(to, value))
  const middle = { x: near(element.x, low.x, high.x), y: near(element.y, low.y, high.y) }
  let best = null
  for (let x = Math.max(low.x, middle.x - REACH); x <= Math.min(high.x, middle.x + REACH); x += STEP) {
    for (let y = low.y; y <= Math.max(low.y, high.y); y += STEP) {
      const far = Math.hypot(x - element.x, y - element.y)
      if ((!best || far < best.far) && others.every((other) => apart({ x, y, width: element.width, height: element.height }, other))) best = { x, y, far }
    }
  }
  return best || middle
}

// What is put down on others makes way for them.
export function makesRoom (modeler, model) {
  modeler.on('create.end', BEFORE_NAMING, ({ context: { shape } }) => {
    if (!shape?.parent || shape.host || !shape.businessObject.$instanceOf('bpmn:FlowNode')) return
    const middle = { x: shape.x + shape.width / 2, y: shape.y + shape.height / 2 }
    const lane = model.lanes().filter((each) => holds(each, middle)).sort((one, other) => one.width * one.height - other.width * other.height)[0]
    if (!lane) return
    const place = freePlace(model.registry, lane, shape)
    const by = { x: Math.round(place.x - shape.x), y: Math.round(place.y - shape.y) }
    if (by.x || by.y) model.modeling.moveElements([shape], by, shape.parent)
  })
}

function holds (lane, point) {
  return point.x > lane.x && point.x < lane.x + lane.width && point.y > lane.y && point.y < lane.y + lane.height
}

function apart (one, other) {
  return one.x + one.width + GAP <= other.x || other.x + other.width + GAP <= one.x ||
    one.y + one.height + GAP <= other.y || other.y + other.height + GAP <= one.y
}
