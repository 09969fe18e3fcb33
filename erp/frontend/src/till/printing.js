// A receipt on the paper of the till: what the server says of it in a frame without scripts, printed by the browser.

import { all, el, t } from './dom.js'
import { quietly } from './keys.js'
import { allowed } from './overriding.js'
import { Refused, paper } from './server.js'

/** Prints what stands at an address of ours; `failed` is told why not. An old receipt somebody else must allow. */
export async function print (url, failed) {
  try {
    draw(await paper(url))
  } catch (error) {
    if (!(error instanceof Refused) || error.code !== 'override_needed') return failed(error)
    const found = await allowed('reprint', Object.values(error.fields).join(' '))
    if (found) await print(`${url}?override=${encodeURIComponent(found.token)}`, failed)
  }
}

function draw (html) {
  const frame = el('iframe', { class: 'mr-till-paper', title: t('Receipt'), 'aria-hidden': 'true', tabindex: '-1', sandbox: 'allow-same-origin allow-modals' })
  frame.addEventListener('load', () => quietly(() => frame.contentWindow?.print()))
  all('.mr-till-paper').forEach((each) => each.remove())
  frame.srcdoc = html
  document.body.append(frame)
}
