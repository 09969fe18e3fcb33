// Reads drawings as the editor does and writes them again: a list of texts on standard input, a list of texts back.

import { readFileSync } from 'node:fs'
import { BpmnModdle } from '../../erp/frontend/node_modules/bpmn-moddle/dist/index.js'
import { mended, prepared } from '../../erp/frontend/src/studio/reading.js'
import { spiffFor } from '../../erp/frontend/src/studio/spiff.js'

const found = []
for (const xml of JSON.parse(readFileSync(0, 'utf8'))) {
  const names = [...xml.matchAll(/<spiffworkflow:(\w+)/g)].map((each) => each[1])
  const moddle = new BpmnModdle({ spiffworkflow: spiffFor(names) })
  const { rootElement, warnings } = await moddle.fromXML(prepared(xml))
  const left = mended(warnings, moddle).map((each) => each.message)
  found.push({ xml: (await moddle.toXML(rootElement, { format: true })).xml, left })
}
console.log(JSON.stringify(found))
