// How many of a line come back, as its field says it in the reader's digits. Pure.

import { parse } from '../numbers.js'

const ONE = 1000000n

/** Whether more can come back than the field says; also where it says no number, which is for its writer to mend. */
export function hasMore (typed, left) {
  const count = parse(typed)
  return count === null || count < left
}

/** One more than the field says, or null where that is no number. */
export function oneMore (typed) {
  const count = parse(typed)
  return count === null ? null : count + ONE
}
