// The till is locked while nobody stands at it; whoever types their PIN goes on with the cart that is there.

import { close, onSend, open } from './asking.js'
import { one } from './dom.js'
import { post } from './server.js'

/** Where a lock is kept that the server has yet to hear of: the page or the network may go while it is told. */
const unheard = (desk) => `till-lock-unheard-${desk.state?.terminal.id}`

export const isUnheard = (desk) => localStorage.getItem(unheard(desk)) !== null

export function locking (desk, refresh) {
  onSend('lock', async (form) => {
    const pin = form.elements.pin.value
    form.elements.pin.value = ''
    await post('unlock', { pin })
    localStorage.removeItem(unheard(desk))
    close('lock')
    await refresh()
  })
}

/** Locks here and on the server, so that a page loaded anew is locked too. */
export async function lock (desk) {
  shut()
  localStorage.setItem(unheard(desk), 'yes')
  await post('lock')
  localStorage.removeItem(unheard(desk))
}

export const shut = () => open('lock')
