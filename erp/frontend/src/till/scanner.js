// Tells a scanner from a person: its keys come faster than anybody types and end with Enter. Pure; times are milliseconds.

const FASTEST_HAND = 35
const SHORTEST = 4

export class Scanner {
  #keys = ''
  #last = -Infinity
  #slow = false

  /** One key and when it came; the code when this Enter ends one that was scanned, else nothing. */
  key (name, at) {
    const gap = at - this.#last
    this.#last = at
    if (name === 'Enter') return this.#end(gap)
    if (name.length !== 1) return undefined
    if (!this.#keys || gap > FASTEST_HAND * 4) this.#begin()
    else if (gap > FASTEST_HAND) this.#slow = true
    this.#keys += name
    return undefined
  }

  /** How many keys of what may be a scan have come. */
  get length () {
    return this.#keys.length
  }

  /** Whether the last key came behind another as no hand types. */
  get isFast () {
    return this.#keys.length > 1 && !this.#slow
  }

  #begin () {
    this.#keys = ''
    this.#slow = false
  }

  #end (gap) {
    const [code, slow] = [this.#keys, this.#slow]
    this.#begin()
    return !slow && gap <= FASTEST_HAND * 4 && code.length >= SHORTEST ? code : undefined
  }
}
