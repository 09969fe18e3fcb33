// What somebody meant: times as ISO 8601, and the place of the role nearest to each name; prints both as JSON.

import { asDuration } from '../../erp/frontend/src/studio/repairs.js'
import { nearest } from '../../erp/frontend/src/studio/near.js'

const ROLES = [['TENANT_MANAGER', 'Manager'], ['Technician', 'Technician'], ['Counter', 'Counter'], ['Accountant', 'Accountant']]
  .map(([value, label], place) => ({ value, label, place }))
const { times, names } = JSON.parse(process.argv[2])
console.log(JSON.stringify({ times: times.map(asDuration), names: names.map((each) => nearest(each, ROLES)?.place ?? null) }))
