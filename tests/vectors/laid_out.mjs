// Draws files that have no drawing: a list of texts on standard input, a list of texts back.

import { readFileSync } from 'node:fs'
import { register } from 'node:module'

register('data:text/javascript,' + encodeURIComponent(`
export async function resolve (name, context, next) {
  const here = new URL('../../erp/frontend/node_modules/bpmn-auto-layout/dist/index.js', ${JSON.stringify(import.meta.url)})
  return name === 'bpmn-auto-layout' ? { url: here.href, shortCircuit: true } : next(name, context)
}`))
const { laidOut } = await import('../../erp/frontend/src/studio/layout.js')
const found = []
for (const xml of JSON.parse(readFileSync(0, 'utf8'))) found.push(await laidOut(xml))
console.log(JSON.stringify(found))
