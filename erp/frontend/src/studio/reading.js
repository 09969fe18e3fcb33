// A file as the drawing tool keeps it: what it would drop is put where it stays.

const ITEM = /<(?:[\w.-]+:)?(?:input|output)DataItem\b[^>]*>/g
const KEPT = ['bpmn:loopDataInputRef', 'bpmn:loopDataOutputRef']

// The reader drops an item whose id another one has, and two steps may well call theirs alike: the id becomes the name.
export function prepared (xml) {
  return xml.replace(ITEM, (tag) => {
    const id = /\sid="([^"]*)"/.exec(tag)
    if (!id) return tag
    const plain = tag.replace(id[0], '')
    return /\sname="/.test(plain) ? plain.replace(/\sname="[^"]*"/, ` name="${id[1]}"`) : plain.replace(/DataItem/, `DataItem name="${id[1]}"`)
  })
}

// Lists a repetition goes through are names of data, not elements: the reader looks for the element and forgets the name.
// What is left of its warnings is returned.
export function mended (warnings, moddle) {
  return warnings.filter(({ element, property, value }) => {
    if (!KEPT.includes(property)) return true
    element.set(property, moddle.create('bpmn:ItemAwareElement', { id: value }))
    return false
  })
}
