// What is asked of the server: JSON out and in. Refusals carry what is wrong with which field; silence is `Unanswered`.

const token = document.querySelector('meta[name=csrf-token]').content
const SILENT = [502, 503, 504]

export class Refused extends Error {
  constructor (status, { code = '', message = '', detail = {} } = {}) {
    super(message)
    this.status = status
    this.code = code
    this.detail = detail
    this.fields = detail.fields || {}
  }
}

export class Unanswered extends Error {}

async function answered (asked, read = (answer) => answer.json().catch(() => ({}))) {
  let answer
  try {
    answer = await asked
  } catch (error) {
    throw new Unanswered(error.message)
  }
  if (SILENT.includes(answer.status)) throw new Unanswered(String(answer.status))
  if (answer.ok) return read(answer)
  const { error } = await answer.json().catch(() => ({}))
  throw new Refused(answer.status, error)
}

/** A receipt as the server draws it. */
export const paper = (url) => answered(fetch(url, { headers: { Accept: 'application/json' } }), (answer) => answer.text())

/** What stands at an address of the till. */
export const get = (path) => answered(fetch(`/till/${path}`, { headers: { Accept: 'application/json' } }))

/** What the till answers to this; after `patience` milliseconds silence is no answer. */
export const post = (path, body = {}, patience = 0) => answered(fetch(`/till/${path}`, {
  method: 'POST',
  ...(patience ? { signal: AbortSignal.timeout(patience) } : {}),
  headers: { Accept: 'application/json', 'Content-Type': 'application/json', 'X-CSRFToken': token },
  body: JSON.stringify(body)
}))
