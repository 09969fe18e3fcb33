// A record made in a dialog beside the form that needs it; the form and what is typed there stay.

import { again, lost } from './lost.js'

// What came back, with no status where nothing did or the way leads to the login.
async function ask (url, init) {
  try {
    const answer = await fetch(url, init)
    return { status: answer.redirected ? 0 : answer.status, text: await answer.text() }
  } catch {
    return { status: 0 }
  }
}

export async function quick (url, text, onMade) {
  const dialog = Object.assign(document.createElement('dialog'), { className: 'mr-dialog mr-beside' })
  const opener = document.activeElement
  document.body.append(dialog)
  dialog.addEventListener('close', () => { dialog.remove(); opener?.focus() })

  function fill (html) {
    dialog.innerHTML = html
    const form = dialog.querySelector('form')
    dialog.querySelector('[data-close]').addEventListener('click', () => dialog.close())
    let busy = false
    const send = async () => {
      again(form)
      const { status, text } = await ask(form.action, { method: 'POST', body: new FormData(form) })
      if (status === 422) return fill(text)
      if (status !== 200) return lost(form)
      dialog.close()
      onMade(JSON.parse(text))
    }
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      event.stopPropagation()
      if (busy) return
      busy = true
      send().finally(() => { busy = false })
    })
    for (const kind of ['keydown', 'input', 'change']) form.addEventListener(kind, (event) => event.key !== 'Escape' && event.stopPropagation())
    ;(form.querySelector('.mr-wrong') || [...form.querySelectorAll('input:not([type=hidden])')].find((input) => !input.value) || form.querySelector('button')).focus()
  }

  const page = new URL(url, location.href)
  page.searchParams.set('text', text)
  again(opener.form)
  const { status, text: html } = await ask(page)
  if (status === 200) {
    dialog.showModal()
    fill(html)
  } else {
    dialog.remove()
    lost(opener.form)
  }
}
