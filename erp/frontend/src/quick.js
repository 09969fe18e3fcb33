// A record made in a dialog beside the form that needs it; the form and what is typed there stay.

export async function quick (url, text, onMade) {
  const dialog = Object.assign(document.createElement('dialog'), { className: 'mr-dialog mr-beside' })
  const opener = document.activeElement
  document.body.append(dialog)
  dialog.addEventListener('close', () => { dialog.remove(); opener?.focus() })

  function fill (html) {
    dialog.innerHTML = html
    const form = dialog.querySelector('form')
    dialog.querySelector('[data-close]').addEventListener('click', () => dialog.close())
    form.addEventListener('submit', async (event) => {
      event.preventDefault()
      event.stopPropagation()
      const answer = await fetch(form.action, { method: 'POST', body: new FormData(form) })
      if (!answer.ok) return fill(await answer.text())
      const made = await answer.json()
      dialog.close()
      onMade(made)
    })
    for (const kind of ['keydown', 'input', 'change']) form.addEventListener(kind, (event) => event.key !== 'Escape' && event.stopPropagation())
    ;(form.querySelector('.mr-wrong') || [...form.querySelectorAll('input:not([type=hidden])')].find((input) => !input.value) || form.querySelector('button')).focus()
  }

  const page = new URL(url, location.href)
  page.searchParams.set('text', text)
  const answer = await fetch(page)
  if (!answer.ok) return dialog.remove()
  dialog.showModal()
  fill(await answer.text())
}
