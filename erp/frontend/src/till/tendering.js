// What is paid with what: what is left, change, notes people may hand over, and coins that are counted. Pure, in millionths.

import { millionths } from '../pricing.js'

const sum = (numbers) => numbers.reduce((total, each) => total + each, 0n)

/** What is still to be paid. */
export const left = (payable, tenders) => payable - sum(tenders.map((tender) => tender.amount))

/**
 * What becomes of an amount that is handed over: {tender, change}. Of cash more may come than is left, of nothing else;
 * then it is `null` and nothing is taken.
 */
export function taken (kind, amount, rest, reference = '') {
  if (amount <= 0n && rest > 0n) return null
  if (amount <= rest) return { tender: { kind, amount, tendered: amount, reference }, change: 0n }
  return kind === 'cash' ? { tender: { kind, amount: rest, tendered: amount, reference }, change: amount - rest } : null
}

const ROUND = /^[125]0*$/
const SMALLEST = 100n

/** Sums people are likely to hand over for what is left: itself, then what round notes of a fitting size make of it. */
export function likely (rest, denominations, most = 4) {
  if (rest <= 0n) return []
  const notes = denominations.filter((note) => ROUND.test(note) && note * SMALLEST >= rest).sort((one, other) => one < other ? -1 : 1)
  const found = new Set([rest, ...notes.map((note) => (rest + note - 1n) / note * note)])
  return [...found].sort((one, other) => one < other ? -1 : 1).slice(0, most)
}

/** What counted coins and notes come to: {"500": "3"} is 1,500. */
export const counted = (counts) => sum(Object.entries(counts).map(([worth, many]) => millionths(worth) * BigInt(many || 0)))
