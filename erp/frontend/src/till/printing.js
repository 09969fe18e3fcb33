// A receipt on the paper of the till: the server's page in a frame, printed by the browser.

import { all, el, t } from './dom.js'

/** Prints what stands at an address of ours; `failed` is told where nothing readable does. */
export function print (url, failed) {
  const frame = el('iframe', { class: 'mr-till-paper', title: t('Receipt'), 'aria-hidden': 'true', tabindex: '-1' })
  frame.addEventListener('load', () => {
    if (!frame.contentDocument) return failed(t('The receipt could not be loaded. Print it again by F7.'))
    frame.contentWindow.print()
  })
  all('.mr-till-paper').forEach((each) => each.remove())
  frame.src = url
  document.body.append(frame)
}
