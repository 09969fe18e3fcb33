// Keeps the draft while one draws. A colleague's change is told; neither theirs nor ours is lost.

import { make } from './dom.js'

const AFTER = 1200
const AGAIN = 8000

export class Saving {
  constructor ({ t, url, token, saved, base, said, clash, download, content, type = 'application/xml' }) {
    Object.assign(this, { t, url, token, saved, base, said, clash, download, content, type })
    this.dirty = false
    this.busy = null
    this.stopped = false
    addEventListener('beforeunload', (event) => { if (this.dirty) event.preventDefault() })
  }

  changed () {
    this.dirty = true
    if (this.stopped) return
    this.tell(this.t('Not saved yet'))
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.now(), AFTER)
  }

  tell (words) {
    this.said.textContent = words
  }

  // One request at a time; what changes meanwhile goes with the next. True when everything is kept.
  async now ({ replace = false } = {}) {
    clearTimeout(this.timer)
    while (this.busy) await this.busy
    if (!this.dirty && !replace) return true
    if (this.stopped && !replace) return false
    this.busy = this.send(replace)
    const kept = await this.busy
    this.busy = null
    return kept
  }

  async send (replace) {
    const kept = await this.content()
    this.dirty = false
    this.tell(this.t('Saving …'))
    const url = new URL(this.url, location.href)
    url.searchParams.set('saved', this.saved)
    url.searchParams.set('base', this.base)
    if (replace) url.searchParams.set('replace', '1')
    try {
      const answer = await fetch(url, { method: 'POST', body: kept, headers: { 'X-CSRFToken': this.token, Accept: 'application/json', 'Content-Type': this.type } })
      const found = await answer.json()
      if (answer.ok) {
        this.stopped = false
        this.saved = found.saved
        this.clash.replaceChildren()
        this.kept?.(found)
        if (!this.dirty) this.tell(found.words)
        return true
      }
      this.dirty = true
      this.tell(this.t('Not saved'))
      if (answer.status === 412) this.collide(found.error)
      else this.complain(found.error?.message || this.t('It could not be saved.'))
    } catch {
      this.dirty = true
      this.tell(this.t('No connection; it is tried again'))
      this.timer = setTimeout(() => this.now(), AGAIN)
    }
    return false
  }

  complain (message) {
    this.clash.replaceChildren(make('div', { className: 'mr-clash', role: 'alert' }, make('p', { className: 'mr-grow' }, message)))
  }

  collide ({ message, detail }) {
    const { t } = this
    this.stopped = true
    const button = (words, className, click) => make('button', { type: 'button', className: `btn btn-sm ${className}`, onclick: click }, words)
    this.clash.replaceChildren(make('div', { className: 'mr-clash', role: 'alert' },
      make('p', { className: 'mr-grow' }, message),
      button(t('Save mine as a file'), 'mr-btn-quiet', () => this.download()),
      button(t('Take theirs'), '', () => {
        this.download()
        this.dirty = false
        location.reload()
      }),
      button(t('Keep mine'), 'btn-primary', () => {
        this.saved = detail.version
        this.now({ replace: true })
      })))
  }
}
