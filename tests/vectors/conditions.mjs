// Reads every condition given as JSON into rows and writes it again; prints [[rows or null, text], ...] as JSON.

import { rows, written } from '../../erp/frontend/src/studio/conditions.js'

const kindOf = () => undefined
const anew = ({ source, ...row }) => row
const found = JSON.parse(process.argv[2]).map((text) => {
  const read = rows(text)
  return read && [read.rows.map(anew), written(read, kindOf), written({ ...read, rows: read.rows.map(anew) }, kindOf)]
})
console.log(JSON.stringify(found))
