// A form that is sent again and again, as by a scanner: what is typed waits in line, and only its result is drawn anew.

import { lost } from './lost.js'

const form = document.querySelector('form[data-sends]')
const line = []
let busy = false
let asked = null // what was sent when a choice was asked back

const result = () => document.getElementById(form.dataset.sends)

async function send () {
  if (busy || !line.length) return
  busy = true
  try {
    const answer = await fetch(form.action, { method: 'POST', body: line[0] })
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
    const drawn = page.getElementById(form.dataset.sends)
    if (!drawn) return location.reload()
    result().replaceWith(drawn)
    const asks = drawn.querySelector('button[name]')
    asked = asks ? line[0] : null
    line.shift()
    busy = false
    send()
  } catch {
    lost(result(), form.dataset.lost)
    setTimeout(() => { busy = false; send() }, 2000)
  }
}

form.addEventListener('submit', (event) => {
  event.preventDefault()
  const chosen = event.submitter?.name
  const sent = chosen && asked ? asked : new FormData(form, event.submitter)
  if (chosen) sent.set(chosen, event.submitter.value)
  sent.set('key', crypto.randomUUID?.() || `${Date.now()}-${Math.random().toString(36).slice(2)}`)
  line.push(sent)
  form.reset()
  form.elements.code.focus()
  send()
})

window.addEventListener('beforeunload', (event) => line.length && event.preventDefault())
