// A checkout or a return on its way: kept on the disk before it leaves, sent again until it is answered, done once.

import { el, one, t } from './dom.js'
import { Refused, SILENCE, Unanswered, post } from './server.js'

const LONGEST = 20000
const PATIENT = 600

export const pause = (time) => new Promise((resolve) => setTimeout(resolve, time))

/** Sends what is pending; the answer, after as many attempts as it takes. Raises Refused when the server says no. */
export async function deliver (desk) {
  const shown = setTimeout(() => waiting(0), PATIENT)
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        return await post(desk.pending.path, desk.pending.body, SILENCE)
      } catch (error) {
        if (!(error instanceof Unanswered)) throw error
        waiting(attempt)
        await pause(Math.min(LONGEST, 500 * 2 ** attempt))
      }
    }
  } finally {
    clearTimeout(shown)
    one('#sending').close()
  }
}

function waiting (attempt) {
  const dialog = one('#sending')
  if (!dialog.open) dialog.showModal()
  const said = attempt ? t('No answer yet. It is sent again by itself, and counts once. Do not type it anew.') : t('One moment …')
  one('[data-said]', dialog).replaceChildren(el('p', {}, said))
}

/** Keeps what is about to be sent, sends it and keeps that it was answered; `after` is the desk's change then. */
export async function once (desk, path, body, after) {
  desk.pending = { path, body }
  await desk.kept()
  return settle(desk, after)
}

/** Whether nobody may do anything at the till now: an attempt before this one may have arrived, so it is sent again later. */
const isLocked = (error) => error.status === 401 || error.code === 'till_locked'

/** Sends what an earlier page could not; nothing where it left nothing. */
export async function settle (desk, after) {
  try {
    const answer = await deliver(desk)
    desk.pending = null
    await after(answer)
    return answer
  } catch (error) {
    if (error instanceof Refused && !isLocked(error)) {
      desk.pending = null
      await desk.kept()
    }
    throw error
  }
}
