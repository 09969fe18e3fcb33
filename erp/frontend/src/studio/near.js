// What somebody meant: the one option that is called nearly as they wrote.

export function nearest (wanted, options) {
  const text = plain(wanted)
  if (!text) return null
  const ways = options.map((each) => ({ each, far: Math.min(distance(text, plain(each.value)), distance(text, plain(each.label))) }))
  const most = text.length > 5 ? 2 : 1
  const close = ways.filter(({ far }) => far <= most).sort((one, other) => one.far - other.far)
  if (!close.length || (close[1] && close[1].far === close[0].far)) return null
  return close[0].each
}

const plain = (text) => (text || '').toLowerCase().replace(/[\s_.-]+/g, ' ').trim()

// How many letters have to be changed, put in, taken out or swapped.
export function distance (one, other) {
  if (Math.abs(one.length - other.length) > 2) return 9
  const rows = Array.from({ length: one.length + 1 }, (_row, at) => [at, ...Array(other.length).fill(0)])
  for (let at = 0; at <= other.length; at += 1) rows[0][at] = at
  for (let at = 1; at <= one.length; at += 1) {
    for (let to = 1; to <= other.length; to += 1) {
      const same = one[at - 1] === other[to - 1] ? 0 : 1
      rows[at][to] = Math.min(rows[at - 1][to] + 1, rows[at][to - 1] + 1, rows[at - 1][to - 1] + same)
      const swapped = at > 1 && to > 1 && one[at - 1] === other[to - 2] && one[at - 2] === other[to - 1]
      if (swapped) rows[at][to] = Math.min(rows[at][to], rows[at - 2][to - 2] + 1)
    }
  }
  return rows[one.length][other.length]
}
