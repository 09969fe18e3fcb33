// The till is locked while nobody stands at it; whoever types their PIN goes on with the cart that is there.

import { close, onSend, open } from './asking.js'
import { one } from './dom.js'
import { post } from './server.js'

export function locking (refresh) {
  onSend('lock', async (form) => {
    const pin = form.elements.pin.value
    form.elements.pin.value = ''
    await post('unlock', { pin })
    close('lock')
    await refresh()
  })
}

/** Locks here and on the server, so that a page loaded anew is locked too. */
export async function lock () {
  shut()
  await post('lock')
}

export const shut = () => open('lock')
