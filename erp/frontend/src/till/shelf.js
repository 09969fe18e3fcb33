// The left of the page: the field for codes and words, categories, and tiles of what they hold.

import { format } from '../numbers.js'
import { millionths } from '../pricing.js'
import { el, icon, many, one, t } from './dom.js'

const KINDS = { goods: 'package', part: 'settings', labour: 'tool', service: 'tool', bundle: 'packages' }
const STOCKED = ['goods', 'part']
const SHOWN = 120

/** Draws categories once and tiles whenever the words or the category change. */
export class Shelf {
  #desk
  #category = null
  #drawn = ''

  constructor (desk) {
    this.#desk = desk
    one('[data-categories]').addEventListener('click', (event) => {
      const button = event.target.closest('[data-category]')
      if (button) this.choose(button.dataset.category ? Number(button.dataset.category) : null)
    })
  }

  /** All anew, as after the catalogue came. */
  fill () {
    const all = [{ id: '', name: t('All') }, ...this.#desk.catalogue.categories]
    one('[data-categories]').replaceChildren(...all.map(({ id, name }) =>
      el('button', { type: 'button', 'data-category': id, 'aria-pressed': String((id || null) === this.#category) }, name)))
    this.#drawn = ''
    this.show('')
  }

  choose (category) {
    this.#category = category
    for (const button of one('[data-categories]').children) button.setAttribute('aria-pressed', String(button.dataset.category === String(category ?? '')))
    this.#drawn = ''
    this.show('')
  }

  /** Tiles of what these words find; without words those of the category. */
  show (words) {
    if (this.#drawn === `${words}|`) return
    this.#drawn = `${words}|`
    const found = words ? this.#desk.catalogue.search(words) : this.#desk.catalogue.inCategory(this.#category, SHOWN)
    one('[data-tiles]').replaceChildren(...found.map((product) => tile(this.#desk, product)))
    one('[data-tiles-none]').hidden = found.length > 0
    return found
  }
}

function tile (desk, product) {
  const left = !STOCKED.includes(product.kind) ? '' : t('{count} left', { count: many(millionths(product.on_hand)) })
  return el('button', { type: 'button', class: 'mr-till-tile', 'data-product': product.id },
    product.image ? el('img', { src: product.image, alt: '', loading: 'lazy', width: 32, height: 32 }) : icon(KINDS[product.kind] || 'package'),
    el('bdi', {}, [product.name, product.variant].filter(Boolean).join(' · ')),
    el('span', { class: 'mr-tnum' }, el('span', {}, format(millionths(product.price), desk.places)), el('span', { class: 'mr-mute' }, left)))
}
