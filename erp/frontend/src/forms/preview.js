// The form as the inbox shows it: for a role, in a language, as wide as a phone, on a document one knows.

import { choice, field, make } from '../studio/dom.js'

const WIDTHS = [['phone', 390], ['tablet', 768], ['desktop', 0]]

export class Preview {
  constructor (place, sheet, button, { t, url, saving, roles, languages, steps, language }) {
    Object.assign(this, { place, sheet, button, t, url, saving })
    this.wanted = { step: steps[0]?.id || '', role: '', language, document: 'latest' }
    this.width = 'desktop'
    this.frame = make('iframe', { title: t('Preview'), className: 'mr-frame' })
    this.frame.addEventListener('load', () => this.loaded())
    const select = (name, label, options, empty) => field({ label, name: `preview_${name}`, control: choice({ value: this.wanted[name], options, empty, change: (value) => { this.wanted[name] = value; this.show() } }) })
    this.documents = choice({ value: '', options: [], empty: t('An empty one'), change: (value) => { this.wanted.document = value; this.show() } })
    this.bar = make('div', { className: 'mr-preview-bar' },
      steps.length > 1 && select('step', t('Step'), steps.map(({ id, label }) => ({ value: id, label }))),
      select('role', t('Seen by'), roles, t('Who does the step')),
      select('language', t('Language'), languages),
      field({ label: t('Document'), name: 'preview_document', control: this.documents }),
      this.widths())
    place.replaceChildren(this.bar, this.frame)
    button.addEventListener('click', () => this.toggle())
  }

  widths () {
    const { t } = this
    const words = { phone: t('Phone'), tablet: t('Tablet'), desktop: t('Desktop') }
    const buttons = WIDTHS.map(([name, size]) => make('button', {
      type: 'button', className: 'btn btn-sm', 'data-width': name, 'aria-pressed': String(name === this.width),
      onclick: ({ currentTarget }) => {
        this.width = name
        for (const each of buttons) each.setAttribute('aria-pressed', String(each === currentTarget))
        this.frame.style.maxWidth = size ? `${size}px` : ''
      }
    }, words[name]))
    return make('div', { className: 'mr-widths', role: 'group', 'aria-label': t('Width') }, ...buttons)
  }

  get isOpen () {
    return !this.place.hidden
  }

  async toggle () {
    this.place.hidden = this.isOpen
    this.sheet.hidden = this.isOpen
    this.button.setAttribute('aria-pressed', String(this.isOpen))
    if (this.isOpen) await this.show()
  }

  async show () {
    if (this.saving && !await this.saving.now()) return
    this.frame.src = `${this.url}?${new URLSearchParams(this.wanted)}`
  }

  // The documents one may take as an example come with the page itself.
  loaded () {
    const told = this.frame.contentDocument?.getElementById('examples')
    if (!told) return
    const examples = JSON.parse(told.textContent)
    this.documents.replaceChildren(make('option', { value: '' }, this.t('An empty one')), ...examples.documents.map((each) => make('option', { value: each.value }, each.label)))
    this.documents.value = examples.chosen
    this.wanted.document = examples.chosen
    this.place.dataset.shown = examples.chosen || 'empty'
  }
}
