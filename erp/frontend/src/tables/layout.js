// A file of several decisions without a drawing of how they need one another gets one: what is asked on top.

const WIDTH = 180
const HEIGHT = 80
const GAP = 60
const LEFT = 200

export function lay (definitions) {
  const elements = (definitions.drgElement || []).filter((each) => SIZES[each.$type])
  if (definitions.dmnDI || elements.length < 2) return
  const model = definitions.$model
  const make = (type, attributes) => model.create(type, attributes)
  const places = placed(elements)
  const shapes = elements.map((element) => make('dmndi:DMNShape', {
    id: `${element.id}_shape`, dmnElementRef: element, bounds: make('dc:Bounds', places.get(element))
  }))
  const edges = elements.flatMap((element) => needs(element).filter(([, from]) => places.has(from)).map(([requirement, from]) => {
    requirement.id ||= model.ids.nextPrefixed('Requirement_', requirement)
    const ends = [middle(places.get(from), 0), middle(places.get(element), HEIGHT)]
    return make('dmndi:DMNEdge', { id: `${requirement.id}_edge`, dmnElementRef: requirement, waypoint: ends.map((at) => make('dc:Point', at)) })
  }))
  const diagram = make('dmndi:DMNDiagram', { id: `${definitions.id}_diagram`, diagramElements: [...shapes, ...edges] })
  definitions.dmnDI = make('dmndi:DMNDI', { diagrams: [diagram] })
  for (const each of [...shapes, ...edges]) each.$parent = diagram
  diagram.$parent = definitions.dmnDI
  definitions.dmnDI.$parent = definitions
}

const SIZES = { 'dmn:Decision': true, 'dmn:InputData': true, 'dmn:BusinessKnowledgeModel': true, 'dmn:KnowledgeSource': true }

// [requirement, the element it comes from]; references go by id until they are followed
function needs (element) {
  const all = [...(element.informationRequirement || []), ...(element.knowledgeRequirement || []), ...(element.authorityRequirement || [])]
  const found = (each) => each.requiredDecision || each.requiredInput || each.requiredKnowledge || each.requiredAuthority
  const definitions = element.$parent
  return all.map((each) => [each, definitions.drgElement.find((other) => `#${other.id}` === found(each)?.href)]).filter(([, from]) => from)
}

function placed (elements) {
  const levels = new Map()
  const level = (element, seen = new Set()) => {
    if (levels.has(element)) return levels.get(element)
    if (seen.has(element)) return 0
    seen.add(element)
    const depth = Math.max(-1, ...needs(element).map(([, from]) => level(from, seen))) + 1
    levels.set(element, depth)
    return depth
  }
  elements.forEach((each) => level(each))
  const top = Math.max(...levels.values())
  const taken = new Map()
  return new Map(elements.map((element) => {
    const depth = levels.get(element)
    const at = taken.get(depth) || 0
    taken.set(depth, at + 1)
    return [element, { x: LEFT + at * (WIDTH + GAP), y: GAP + (top - depth) * (HEIGHT + GAP), width: WIDTH, height: HEIGHT }]
  }))
}

const middle = ({ x, y }, down) => ({ x: x + WIDTH / 2, y: y + down })
