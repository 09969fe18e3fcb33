// The left of the page: the field for codes and words, categories, and tiles of what they hold.

import { format } from '../numbers.js'
import { millionths } from '../pricing.js'
import { el, initials, many, one, t } from './dom.js'

const STOCKED = ['goods', 'part']
const SHOWN = 120
const FAVOURITES = 'favourites'
const HUES = 6

/** Draws categories once and tiles whenever the words or the category change. */
export class Shelf {
  #desk
  #category = ''
  #drawn = ''

  constructor (desk) {
    this.#desk = desk
    one('[data-categories]').addEventListener('click', (event) => {
      const button = event.target.closest('[data-category]')
      if (button) this.choose(button.dataset.category)
    })
    // an error of a picture does not rise: it is caught on its way down
    one('[data-tiles]').addEventListener('error', ({ target }) => target.replaceWith(face(desk.catalogue.get(Number(target.closest('[data-product]').dataset.product)))), true)
  }

  /** All anew, as after the catalogue came. */
  fill () {
    const first = this.#favourites.length ? [{ id: FAVOURITES, name: t('Favourites') }] : []
    const every = [...first, { id: '', name: t('All') }, ...this.#desk.catalogue.categories]
    one('[data-categories]').replaceChildren(...every.map(({ id, name }) => el('button', { type: 'button', 'data-category': id }, name)))
    this.choose(first[0]?.id || '')
  }

  choose (category) {
    this.#category = category
    for (const button of one('[data-categories]').children) button.setAttribute('aria-pressed', String(button.dataset.category === category))
    this.#drawn = ''
    this.show('')
  }

  get #favourites () {
    return this.#desk.state.favourites.map((id) => this.#desk.catalogue.get(id)).filter(Boolean)
  }

  get #shown () {
    return this.#category === FAVOURITES ? this.#favourites : this.#desk.catalogue.inCategory(Number(this.#category) || null, SHOWN)
  }

  /** Tiles of what these words find; without words those of the category. */
  show (words) {
    if (this.#drawn === `${words}|`) return
    this.#drawn = `${words}|`
    const found = words ? this.#desk.catalogue.search(words) : this.#shown
    one('[data-tiles]').replaceChildren(...found.map((product) => tile(this.#desk, product)))
    one('[data-tiles-none]').hidden = found.length > 0
    return found
  }
}

/** In place of a picture: the first letters of its name in the colour of its category. */
const face = (product) => el('span', { class: `mr-till-face hue-${(product.category_id || product.id) % HUES}`, 'aria-hidden': 'true' }, initials(product.name))

function tile (desk, product) {
  const left = !STOCKED.includes(product.kind) ? '' : t('{count} left', { count: many(millionths(product.on_hand)) })
  return el('button', { type: 'button', class: 'mr-till-tile', 'data-product': product.id },
    product.image ? el('img', { src: `/till/pictures/${product.image}`, alt: '', loading: 'lazy', decoding: 'async', width: 34, height: 34 }) : face(product),
    el('bdi', {}, [product.name, product.variant].filter(Boolean).join(' · ')),
    el('span', { class: 'mr-tnum' }, el('span', {}, format(millionths(product.price), desk.places)), el('span', { class: 'mr-mute' }, left)))
}
