// What can be put in the form: fields of the document first, then answers and texts. Click, Enter or drag.

import { icon, make } from '../studio/dom.js'

const ICONS = { text: 'forms', longtext: 'align-left', integer: 'hash', decimal: 'decimal', money: 'coins', date: 'calendar', datetime: 'calendar-time', boolean: 'checkbox', choice: 'select', email: 'mail', phone: 'phone', link: 'link', files: 'paperclip', lines: 'list-details' }

export class Palette {
  constructor (place, find, offered, model, t) {
    Object.assign(this, { place, offered, model, t })
    this.presets = new Map()
    for (const each of offered.fields) this.presets.set(`field:${each.value}`, { ...each, icon: ICONS[each.kind], group: t('Fields of the document') })
    for (const each of offered.palette) this.presets.set(each.value, each)
    find.addEventListener('input', () => this.filter(find.value))
    this.draw()
  }

  // The component as it is put down: new answers get a key that is free and a label to change.
  attrs (preset) {
    const { draw, value, label } = this.presets.get(preset)
    const made = structuredClone(draw)
    if (made.properties?.field) return this.columns({ ...made, key: this.model.freeKey(made.key) })
    if (['group', 'text', 'separator'].includes(made.type)) return made.type === 'group' ? { label, ...made } : made
    return { label, ...made, key: this.model.freeKey(value) }
  }

  columns (made) {
    if (made.type !== 'dynamiclist') return made
    const known = this.offered.fields.find((each) => each.value === made.properties.field)
    return { ...made, path: made.key, components: known.columns.map((each) => structuredClone(each.draw)) }
  }

  draw () {
    const groups = new Map()
    for (const [preset, each] of this.presets) {
      if (!groups.has(each.group)) groups.set(each.group, [])
      groups.get(each.group).push(this.button(preset, each))
    }
    this.place.replaceChildren(...[...groups].map(([name, buttons]) => make('section', {}, make('h2', {}, name),
      make('div', { className: 'mr-palette fjs-palette-fields fjs-drag-container fjs-no-drop' }, ...buttons))))
    this.mark()
  }

  button (preset, each) {
    return make('button', {
      type: 'button',
      className: 'mr-piece fjs-palette-field fjs-drag-copy fjs-no-drop',
      'data-field-type': each.draw.type,
      'data-preset': preset,
      onclick: () => this.model.add(this.attrs(preset))
    }, icon(each.icon || 'forms'), make('span', {}, make('bdi', {}, each.label)))
  }

  // A field of the document is asked once.
  mark () {
    for (const button of this.place.querySelectorAll('[data-preset^="field:"]')) {
      button.disabled = this.model.isBound(button.dataset.preset.slice(6))
      button.classList.toggle('fjs-drag-copy', !button.disabled)
    }
  }

  filter (text) {
    const wanted = text.trim().toLocaleLowerCase()
    for (const button of this.place.querySelectorAll('button')) button.hidden = !button.textContent.toLocaleLowerCase().includes(wanted)
    for (const part of this.place.querySelectorAll('section')) part.hidden = !part.querySelector('button:not([hidden])')
  }
}
