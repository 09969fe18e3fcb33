// What the counter sells, in memory: found by code at once, by words while somebody types. Knows nothing of the page.

import { millionths } from '../pricing.js'

const LATIN = /[۰-۹٠-٩]/g

/** Text as it is compared: small letters, no accents, Latin digits, Arabic letters as Persian writes them. */
export function plain (text) {
  return text.normalize('NFKD').replace(/[\u0300-\u036f\u064b-\u0652]/g, '')
    .replace(LATIN, (digit) => String(digit.charCodeAt(0) & 0xf))
    .replaceAll('ي', 'ی').replaceAll('ك', 'ک').toLowerCase().trim()
}

/** A code as it is looked up: what separates the digits of a number does not count. */
export function codeOf (text) {
  const found = plain(text)
  const bare = found.replace(/[\s-]/g, '')
  return /^\d+$/.test(bare) ? bare.replace(/^0+(?=\d)/, '') : found
}

function rank (entry, words) {
  if (entry.code.startsWith(words[0])) return 0
  if (entry.text.startsWith(words[0])) return 1
  return words.every((word) => entry.text.startsWith(word) || entry.text.includes(` ${word}`)) ? 2 : 3
}

export class Catalogue {
  constructor ({ columns, products, categories = [], quantities: steps = {}, levels = {} }) {
    this.categories = categories
    this.products = new Map()
    this.codes = new Map()
    this.entries = []
    this.steps = steps
    /** Whether lots or pieces of anything are told apart. */
    this.isFollowed = false
    for (const row of products) {
      const product = Object.fromEntries(columns.map((name, place) => [name, row[place]]))
      this.#take({ ...product, on_hand: levels[product.id] || '0' })
    }
  }

  #take (product) {
    this.products.set(product.id, product)
    if (product.tracking) this.isFollowed = true
    for (const code of [product.code, ...(product.barcodes || [])]) {
      if (code && !this.codes.has(codeOf(code))) this.codes.set(codeOf(code), product)
    }
    const text = plain([product.name, product.variant].filter(Boolean).join(' '))
    const code = plain(product.code || '')
    this.entries.push({ product, text, code, all: `${text} ${code}` })
  }

  get size () {
    return this.products.size
  }

  /** The product with this id, or nothing when it is sold no more. */
  get (id) {
    return this.products.get(id)
  }

  /** The product this code or barcode stands for. */
  byCode (text) {
    return this.codes.get(codeOf(text))
  }

  /** The products whose name or code holds every word; those that begin so come first. */
  search (text, most = 40) {
    const words = plain(text).split(/\s+/).filter(Boolean)
    if (!words.length) return []
    const ranks = [[], [], [], []]
    for (const entry of this.entries) {
      if (!words.every((word) => entry.all.includes(word))) continue
      const place = rank(entry, words)
      ranks[place].push(entry.product)
      if (ranks[0].length >= most) break
    }
    return ranks.flat().slice(0, most)
  }

  /** The products of a category, or the first of all where none is named. */
  inCategory (id, most = 200) {
    const found = []
    for (const { product } of this.entries) {
      if (id === null || product.category_id === id) found.push(product)
      if (found.length === most) break
    }
    return found
  }

  /** The price of one when so many are bought, as text. */
  price (product, quantity = '1') {
    let found = product.price
    for (const [from, price] of this.steps[product.id] || []) {
      if (millionths(quantity) >= millionths(from)) found = price
    }
    return found
  }
}
