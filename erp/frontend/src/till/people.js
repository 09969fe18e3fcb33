// Who buys: found by name, number or phone, or added in three fields.

import { onSend, close, open } from './asking.js'
import { el, one, t } from './dom.js'
import { get, post } from './server.js'

const PAUSE = 200

export class People {
  #desk
  #chosen
  #timer

  constructor (desk, chosen) {
    this.#desk = desk
    this.#chosen = chosen
    const form = one('#customer form')
    form.elements.q.addEventListener('input', () => {
      clearTimeout(this.#timer)
      this.#timer = setTimeout(() => this.#search(form.elements.q.value), PAUSE)
    })
    one('[data-people]').addEventListener('click', (event) => {
      const button = event.target.closest('[data-person]')
      if (button) this.#take(JSON.parse(button.dataset.person))
    })
    onSend('customer', async (_form, button) => {
      if (button?.value === 'none') return this.#take(null)
      if (button?.value === 'add') return this.#add(form)
      one('[data-people] [data-person]')?.click()
    })
  }

  ask () {
    open('customer')
    one('[data-people]').replaceChildren()
    one('#customer [value=none]').hidden = !this.#desk.cart.customer
  }

  async #search (words) {
    if (words.trim().length < 2) return one('[data-people]').replaceChildren()
    const { customers = [] } = await get(`search?q=${encodeURIComponent(words.trim())}`).catch(() => ({}))
    if (one('#customer form').elements.q.value !== words) return
    one('[data-people]').replaceChildren(...customers.map((each) => el('li', {}, el('button', { type: 'button', class: 'btn mr-touch', 'data-person': JSON.stringify(each) },
      el('bdi', { class: 'mr-grow' }, each.name), el('span', { class: 'mr-mute mr-small' }, each.phone || each.email)))))
    if (!customers.length) one('[data-people]').append(el('li', { class: 'mr-mute' }, t('Nobody is called so. Add them below.')))
  }

  async #add (form) {
    const body = Object.fromEntries(['name', 'phone', 'email'].map((name) => [name, form.elements[name].value.trim()]))
    this.#take(await post('customers', body))
  }

  #take (customer) {
    close('customer')
    this.#chosen(customer)
  }
}
