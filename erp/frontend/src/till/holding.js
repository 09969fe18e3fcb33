// Carts that wait at the branch, until somebody at one of its tills takes them.

import { format, parse } from '../numbers.js'
import { empty } from './cart.js'
import { close, onSend, open } from './asking.js'
import { clock, el, one, t } from './dom.js'
import { get, post } from './server.js'

export class Holds {
  #desk
  #refresh

  constructor (desk, refresh) {
    this.#desk = desk
    this.#refresh = refresh
    onSend('hold', (form) => this.#hold(form))
    onSend('recall', (_form, button) => button?.value && this.#take(button.value))
  }

  ask () {
    if (!this.#desk.cart.lines.length) return this.recall()
    open('hold').elements.name.value = this.#desk.cart.customer?.name || ''
  }

  async #hold (form) {
    const { cart } = this.#desk
    await post('holds', { name: form.elements.name.value.trim(), cart, total: this.#desk.amount(this.#desk.sums().payable) })
    close('hold')
    await this.#desk.change(empty())
    await this.#refresh()
  }

  async recall () {
    const { holds } = await get('holds')
    open('recall')
    const rows = holds.map((each) => el('li', {}, el('button', { class: 'btn mr-touch', value: String(each.id) },
      el('bdi', { class: 'mr-grow' }, each.name || t('Without a name')), el('span', { class: 'mr-mute mr-small' }, `${each.by}, ${clock(each.at)}`),
      el('b', { class: 'mr-tnum' }, format(parse(each.total) ?? 0n, this.#desk.places)))))
    one('[data-holds]').replaceChildren(...rows)
    one('[data-holds-none]').hidden = holds.length > 0
    one('[data-holds] button')?.focus()
  }

  /** Takes a cart; the one that was begun waits in its place. */
  async #take (id) {
    const begun = this.#desk.cart
    if (begun.lines.length) await post('holds', { name: '', cart: begun, total: this.#desk.amount(this.#desk.sums().payable) })
    const { cart } = await post(`holds/${id}/take`)
    close('recall')
    await this.#desk.change({ ...empty(), ...cart })
    await this.#refresh()
  }
}
