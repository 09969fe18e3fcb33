// The one field everything begins in: codes from the scanner, words, and numbers for the line somebody is at.

import * as carts from './cart.js'
import { asks, close, idle, quiet, stays, type } from './asking.js'
import { all, el, one, t } from './dom.js'
import { Refused, SILENCE, Unanswered, get } from './server.js'
import { meant, scannedAfter } from './typed.js'

const PAUSE = 120
/** Longer nobody waits to hear that a name is no number, in milliseconds. */
const HASTE = 3000
const WAYS = { quantity: '*', discount: '%', price: '=' }

export class Scanning {
  #desk
  #parts
  #field = one('#scan')
  #way = ''
  #timer
  #before = null
  #wrong = []

  constructor (desk, parts) {
    this.#desk = desk
    this.#parts = parts
    this.#field.addEventListener('input', () => this.#typed())
    this.#field.form.addEventListener('submit', (event) => {
      event.preventDefault()
      this.#entered()
    })
    quiet(this.#field)
    one('[data-pad]').addEventListener('click', (event) => {
      const digit = event.target.closest('[data-digit]')
      if (digit) type(this.#field, digit.dataset.digit)
    })
    one('[data-found]').addEventListener('click', (event) => this.#opened(event))
  }

  focus () {
    this.#field.focus({ preventScroll: true })
  }

  /** What a scanner sent, wherever the cursor was. */
  scanned (code) {
    if (stays() || one('#override').open) return
    this.#parts.say('')
    this.#inOrder(() => this.#heard(code))
  }

  async #heard (code) {
    await idle('return', 'lots')
    if (one('#paid').open) close('paid')
    if (one('#lots').open) return this.#parts.lots.scanned(code)
    if (one('#return').open) return this.#parts.returns.scanned(code)
    if (asks()) return
    const said = meant(scannedAfter(this.#field.value, code, (each) => this.#desk.catalogue.byCode(each)))
    this.#ready(said)
    return this.#do({ ...said, isScanned: true })
  }

  /** A product onto the cart. */
  take (product) {
    this.#parts.say('')
    this.#inOrder(() => this.#take(product))
  }

  #take (product, quantity = '1') {
    this.#clear()
    if (quantity.includes('.') && !product.places) return this.#parts.say(t('{name} is sold in whole pieces.', { name: product.name }))
    if (product.tracking) return this.#parts.lots.take(product, quantity)
    this.#desk.change(carts.add(this.#desk.cart, product, quantity))
  }

  /** The pad's words: what is typed is for the line, or what is typed next. */
  way (name) {
    if (!carts.current(this.#desk.cart)) return
    if (this.#field.value) return this.#enter(meant(this.#field.value + WAYS[name]))
    this.#arm(this.#way === name ? '' : name)
    this.focus()
  }

  #arm (name) {
    this.#way = name
    for (const button of all('[data-pad] [data-do]')) if (WAYS[button.dataset.do]) button.setAttribute('aria-pressed', String(button.dataset.do === name))
    const line = carts.current(this.#desk.cart)
    const asked = { quantity: t('How many of {name}?', { name: line?.name }), discount: t('Percent off {name}?', { name: line?.name }), price: t('Price of {name}?', { name: line?.name }) }
    this.#field.placeholder = asked[name] || this.#field.dataset.placeholder
  }

  #typed () {
    clearTimeout(this.#timer)
    const words = this.#field.value
    const looks = !this.#way && !/^[\d.*×%=\s]{0,6}$/.test(words)
    this.#timer = setTimeout(() => this.#parts.shelf.show(looks ? words : ''), PAUSE)
  }

  #entered () {
    this.#enter(meant(this.#field.value, this.#way))
  }

  #clear () {
    clearTimeout(this.#timer)
    this.#field.value = ''
    if (this.#way) this.#arm('')
    one('[data-found]').replaceChildren()
  }

  #enter (said) {
    this.#parts.say('')
    this.#ready(said)
    if (said.kind !== 'nothing') this.#inOrder(() => this.#do(said))
  }

  /** The field is empty again at once, but for a code nobody knows yet. */
  #ready ({ kind }) {
    if (WAYS[kind]) this.#clear()
  }

  #do (said) {
    return said.kind === 'code' ? this.#code(said) : this.#parts.editing[said.kind](said.value)
  }

  /** At once, unless what was scanned before still asks the server: then after it. */
  #inOrder (act) {
    if (!this.#before) this.#wrong = []
    const done = this.#done(this.#before, act)
    this.#before = done
    done.finally(() => { if (this.#before === done) this.#before = null })
  }

  /** What failed is said together: nobody else's words take the place of a code that is not on the cart. */
  async #done (before, act) {
    if (before) await before.catch(() => {})
    try {
      await act()
    } catch (error) {
      this.#wrong.push(error)
    }
    this.#complain()
  }

  #complain () {
    const [first, ...others] = this.#wrong
    if (!first) return
    const message = this.#wrong.map((each) => each.message).join(' ')
    const together = others.length && this.#wrong.every((each) => each instanceof Refused)
    this.#parts.say(together ? new Refused(first.status, { message }) : first)
  }

  /** Does it once all that was scanned is on the cart; not while that asks for something, or failed, which is said again. */
  async after (act) {
    if (this.#before) {
      await this.#before
      if (this.#wrong.length) return this.#complain()
      if (asks()) return undefined
    }
    return act()
  }

  async #code ({ value, quantity, isScanned }) {
    const product = this.#desk.catalogue.byCode(value)
    if (product) {
      this.#parts.shelf.show('')
      return this.#take(product, quantity)
    }
    const typed = this.#field.value
    if (await this.#isNumber(value, quantity, isScanned)) {
      // who typed on meanwhile is not interrupted
      if (this.#field.value === typed) this.#clear()
      return this.#parts.shelf.show('')
    }
    const found = this.#desk.catalogue.search(value, 2)
    if (found.length === 1) {
      this.#parts.shelf.show('')
      return this.#take(found[0], quantity)
    }
    this.#parts.shelf.show(value)
    if (found.length) return one('[data-tiles] button')?.focus()
    return this.#elsewhere(value)
  }

  /**
   * Whether it was the number of a lot or piece. A server that is silent keeps nobody from looking for a name they typed;
   * a code that was scanned is named, since what came behind it stands on the cart and this does not.
   */
  async #isNumber (code, quantity, isScanned) {
    try {
      return await this.#parts.lots.find(code, quantity, { patience: isScanned ? SILENCE : HASTE })
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error
      if (!isScanned) return false
      throw new Refused(0, { message: `${code}: ${t('There is no answer. Look at the network, then try again.')}` })
    }
  }

  /** No product: perhaps a receipt or a customer. */
  async #elsewhere (words) {
    const { customers, sales } = await get(`search?q=${encodeURIComponent(words)}`)
    this.#parts.shelf.show('')
    if (!customers.length && !sales.length) {
      this.#field.select()
      return this.#parts.say(t('Nothing is called “{words}”, and it is no code of ours.', { words }))
    }
    this.#field.value = ''
    const rows = [...sales.map((each) => ['receipt', each.number, `${each.at} · ${each.total}`, each]), ...customers.map((each) => ['customer', each.name, each.phone, each])]
    one('[data-found]').replaceChildren(...rows.map(([kind, label, more, value]) => el('button', { type: 'button', class: 'btn mr-touch', 'data-kind': kind, 'data-value': JSON.stringify(value) },
      el('bdi', { class: 'mr-grow' }, label), el('span', { class: 'mr-mute mr-small' }, more))))
    one('[data-found] button').focus()
  }

  #opened (event) {
    const button = event.target.closest('[data-kind]')
    if (!button) return
    this.#clear()
    const value = JSON.parse(button.dataset.value)
    if (button.dataset.kind === 'receipt') return this.#parts.returns.ask(value.number)
    this.#parts.people(value)
  }
}
