// What is asked of the server: JSON out and in. Refusals carry what is wrong with which field; silence is `Unanswered`.

const token = document.querySelector('meta[name=csrf-token]').content
const SILENT = [502, 503, 504]
/** A network that swallows what it is given says nothing at all: after so many milliseconds that is no answer. */
export const SILENCE = 15000

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

/** What an answer holds, nothing where that is no JSON; one that breaks off is none. */
const json = (answer) => answer.json().catch((error) => {
  if (error instanceof SyntaxError) return {}
  throw new Unanswered(error.message)
})

async function answered (asked, read = json) {
  let answer
  try {
    answer = await asked
  } catch (error) {
    throw new Unanswered(error.message)
  }
  if (SILENT.includes(answer.status)) throw new Unanswered(String(answer.status))
  if (answer.ok) return read(answer)
  const { error } = await json(answer)
  throw new Refused(answer.status, error)
}

/** A receipt as the server draws it. */
export const paper = (url) => answered(fetch(url, { headers: { Accept: 'application/json' } }), (answer) => answer.text())

/** What stands at an address of the till; after `patience` milliseconds silence is no answer. */
export const get = (path, patience = SILENCE) => answered(fetch(`/till/${path}`, { signal: AbortSignal.timeout(patience), headers: { Accept: 'application/json' } }))

/** What the till answers to this; after `patience` milliseconds silence is no answer. */
export const post = (path, body = {}, patience = 0) => answered(fetch(`/till/${path}`, {
  method: 'POST',
  ...(patience ? { signal: AbortSignal.timeout(patience) } : {}),
  headers: { Accept: 'application/json', 'Content-Type': 'application/json', 'X-CSRFToken': token },
  body: JSON.stringify(body)
}))
