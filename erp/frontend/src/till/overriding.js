// What a cashier may not do alone: somebody else types their PIN, here and now, and says why.

import { close, onSend, open } from './asking.js'
import { one } from './dom.js'
import { post } from './server.js'

let wanted = null

/** Asks for somebody's PIN; {token, by}, or null when nobody allowed it. */
export function allowed (kind, about) {
  return new Promise((resolve) => {
    open('override')
    one('[data-override-about]').textContent = about
    wanted = { kind, about, resolve }
  })
}

export function overriding () {
  onSend('override', async (form) => {
    const { kind, about } = wanted
    const body = { pin: form.elements.pin.value, kind, about, reason: form.elements.reason.value.trim() }
    form.elements.pin.value = ''
    const answer = await post('override', body)
    settle({ token: answer.token, by: answer.allowed_by })
    close('override')
  })
  one('#override').addEventListener('close', () => settle(null))
}

function settle (answer) {
  wanted?.resolve(answer)
  wanted = null
}
