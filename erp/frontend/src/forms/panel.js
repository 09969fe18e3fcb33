// The panel at the side: what can be said about the chosen component, in the words of those who do the work.

import { choice, field, icon, make, section, text, tick } from '../studio/dom.js'
import { conditionField } from './hiding.js'
import { choices, columns } from './rows.js'
import { slug } from '../studio/model.js'

const TEXTS = ['textfield', 'textarea']
const KEYED = [...TEXTS, 'number', 'datetime', 'checkbox', 'radio', 'select', 'filepicker', 'dynamiclist']

export class FormPanel {
  constructor (place, model, offered, { t, edits, problems, diagram }) {
    Object.assign(this, { place, model, offered, t, edits, problems, diagram })
    this.field = null
    this.said = offered.said
  }

  show (chosen) {
    const wanted = chosen && chosen.type !== 'default' ? chosen : null
    if (wanted === this.field && this.place.contains(document.activeElement)) return
    this.field = wanted
    this.draw()
  }

  changed () {
    if (this.field && !this.model.registry.get(this.field.id)) this.field = null
    if (!this.place.contains(document.activeElement)) this.draw()
  }

  again () {
    const at = document.activeElement?.name
    this.draw()
    if (at) this.place.querySelector(`[name="${CSS.escape(at)}"]`)?.focus()
  }

  draw () {
    const parts = this.field ? this.ofField(this.field) : this.ofForm()
    this.place.replaceChildren(...parts.filter(Boolean))
    if (!this.edits) for (const control of this.place.querySelectorAll('input, textarea, select, button:not([data-always])')) control.disabled = true
  }

  head (kind, name) {
    return make('header', {}, make('div', { className: 'mr-small mr-mute' }, kind), make('h2', { tabindex: '-1' }, make('bdi', {}, name)))
  }

  remarks (id) {
    const found = this.problems.of(id)
    return found.length > 0 && make('section', { className: 'mr-remarks' }, ...found.map((each) => this.problems.line(each, false)))
  }

  // -- the form as a whole

  ofForm () {
    const { t, model, offered } = this
    const list = model.all().map(({ field: each, depth }) => make('li', {},
      make('button', { type: 'button', className: 'mr-remark', 'data-always': true, style: `padding-inline-start: ${8 + 14 * depth}px`, onclick: () => this.problems.goTo(each.id) },
        make('span', { className: 'mr-grow' }, make('bdi', {}, this.nameOf(each))), make('span', { className: 'mr-small mr-mute' }, this.kindOf(each)))))
    const steps = offered.steps.map((each) => make('li', {}, make('a', { href: `${this.diagram}#${each.id}` }, make('bdi', {}, each.label))))
    return [
      this.head(t('Form'), t('The whole form')),
      this.remarks(''),
      section(t('Asked by'), steps.length ? make('ul', { className: 'mr-contents mr-plainlist' }, ...steps) : make('p', { className: 'mr-hint' }, t('No step asks it yet. Choose it in the drawing, at the step of a person.'))),
      section(t('Components'), list.length ? make('ul', { className: 'mr-contents' }, ...list) : make('p', { className: 'mr-hint' }, t('None yet. Choose one at the side.')))
    ]
  }

  nameOf (each) {
    return each.label || each.dateLabel || each.timeLabel || (each.text || each.content || '').slice(0, 60) || each.key || this.kindOf(each)
  }

  kindOf (each) {
    const { offered, t } = this
    const bound = this.source(each)
    if (bound) return t('Of the document')
    const found = offered.palette.find(({ draw }) => draw.type === each.type && (draw.subtype || '') === (each.subtype || '') && (draw.properties?.kind || '') === (each.properties?.kind || ''))
    return (found || offered.palette.find(({ draw }) => draw.type === each.type))?.label || offered.fields.find(({ draw }) => draw.type === each.type)?.label || each.type
  }

  valuesOf (each) {
    return each?.values?.map((one) => ({ value: String(one.value), label: one.label || one.value }))
  }

  // The document's field a component fills, for a column that of its lines.
  source (each) {
    const { offered, model } = this
    const list = model.list(each)
    if (!list) return offered.fields.find((one) => one.value === each.properties?.field)
    return offered.fields.find((one) => one.value === list.properties?.field)?.columns.find((one) => one.value === each.key)
  }

  // -- one component

  ofField (each) {
    const { t } = this
    const parts = [this.head(this.kindOf(each), this.nameOf(each)), this.remarks(each.id)]
    if (KEYED.includes(each.type)) parts.push(this.asked(each), ...this.rules(each))
    if (each.type === 'group') parts.push(section('', this.label(each)))
    if (['text', 'html'].includes(each.type)) parts.push(this.words(each))
    if (!this.model.list(each)) parts.push(conditionField(this, each))
    parts.push(section(t('Place'), this.moving(each)))
    return parts
  }

  label (each) {
    return field({ label: this.t('Label'), name: 'label', hint: this.spoken(each.label), control: text({ value: each.label, dir: 'auto', change: (label) => this.set(each, { label }) }) })
  }

  // As other languages say it; a text nobody translated yet is shown in the language it is written in.
  spoken (words) {
    const { t, offered } = this
    if (!words) return undefined
    const told = Object.entries(this.said).map(([code, texts]) => `${offered.languages.find((each) => each.value === code)?.label || code}: ${texts[words] || t('not translated yet')}`)
    return told.join(' · ') || undefined
  }

  set (each, values) {
    this.model.set(each, values)
  }

  asked (each) {
    const { t } = this
    const isColumn = this.model.list(each)
    return section('', this.label(each), !isColumn && this.fills(each), this.key(each), this.help(each),
      tick({ label: t('Must be filled in'), value: each.validate?.required === true, change: (on) => this.model.setRule(each, 'required', on) }),
      tick({ label: t('Only shown'), value: each.readonly === true, change: (on) => this.set(each, { readonly: on || undefined }) }))
  }

  fills (each) {
    const { t, model, offered } = this
    const now = each.properties?.field || ''
    const free = offered.fields.filter((one) => one.value === now || !model.isBound(one.value))
    const names = Object.entries(offered.kinds)
    const options = free.map((one) => ({ value: one.value, label: `${one.label} (${names.find(([kind]) => kind === one.kind)?.[1] || one.kind})` }))
    return field({
      label: t('Fills'), name: 'fills',
      hint: now ? t('The document keeps it; what it is follows the document.') : t('Only the process knows it: conditions ask for it by its name.'),
      control: choice({ value: now, options, empty: t('An answer of this step'), change: (value) => this.bind(each, value) })
    })
  }

  // The component becomes what the document's field is; its own label and help stay.
  bind (each, name) {
    const found = this.offered.fields.find((one) => one.value === name)
    if (!found) {
      this.model.setHint(each, 'field', undefined)
      return this.again()
    }
    const draw = structuredClone(found.draw)
    const properties = { ...draw.properties, ...(each.properties?.help ? { help: each.properties.help } : {}) }
    const isSame = draw.type === each.type
    if (isSame) this.set(each, { ...draw, key: this.keyFor(each, draw.key), label: this.isFresh(each) ? draw.label : each.label, properties })
    else this.replace(each, { ...draw, components: draw.type === 'dynamiclist' ? found.columns.map((one) => structuredClone(one.draw)) : undefined, label: this.isFresh(each) ? draw.label : each.label, description: each.description, validate: each.validate?.required ? { required: true } : undefined, conditional: each.conditional, properties })
    this.again()
  }

  isFresh (each) {
    return !each.label || this.offered.palette.some((one) => one.label === each.label)
  }

  keyFor (each, wanted) {
    return each.key === wanted ? wanted : this.model.freeKey(wanted)
  }

  replace (each, attrs) {
    const { model } = this
    const parent = model.parent(each)
    const place = model.place(each)
    model.atOnce(() => {
      model.remove(each)
      this.field = model.put({ ...attrs, key: model.freeKey(attrs.key) }, parent, place)
    })
  }

  key (each) {
    const { t, model } = this
    const control = text({
      value: each.key, dir: 'ltr', mono: true, readonly: Boolean(this.model.list(each)),
      change: (value) => {
        const wanted = slug(value)
        if (wanted && wanted !== each.key) this.set(each, { key: model.list(each) ? wanted : model.freeKey(wanted), ...(each.type === 'dynamiclist' ? { path: wanted } : {}) })
        control.value = each.key
      }
    })
    return field({ label: t('Name for programs'), name: 'key', control })
  }

  help (each) {
    const now = each.properties?.help || each.description
    const change = (value) => {
      if (each.properties?.help) this.model.setHint(each, 'help', undefined)
      this.set(each, { description: value || undefined })
    }
    return field({ label: this.t('Help below it'), name: 'help', hint: this.spoken(now), control: text({ value: now, lines: 2, dir: 'auto', change }) })
  }

  rules (each) {
    const bound = this.source(each)
    const found = []
    if (['select', 'radio'].includes(each.type) && !bound) found.push(choices(this, each))
    if (each.type === 'radio' || each.type === 'select') found.push(this.look(each))
    if (each.type === 'number') found.push(this.numbers(each, bound))
    if (TEXTS.includes(each.type) && !bound) found.push(this.lengths(each))
    if (each.type === 'filepicker') found.push(this.files(each))
    if (each.type === 'dynamiclist') found.push(columns(this, each))
    if (!['filepicker', 'dynamiclist'].includes(each.type) && !bound) found.push(this.begins(each))
    return found
  }

  look (each) {
    const { t } = this
    const now = each.properties?.kind === 'buttons' ? 'buttons' : each.type
    const looks = [{ value: 'select', label: t('A list that opens') }, { value: 'radio', label: t('Circles, one below the other') }, { value: 'buttons', label: t('Buttons that end the step') }]
    const change = (value) => {
      const properties = this.model.without(each.properties, 'kind', value === 'buttons' ? 'buttons' : undefined)
      const type = value === 'select' ? 'select' : 'radio'
      if (type === each.type) this.set(each, { properties })
      else {
        const { id, _parent, _path, layout, ...kept } = each
        this.replace(each, { ...kept, type, properties })
      }
      this.again()
    }
    return section(t('Look'), field({ label: t('Chosen from'), name: 'look', control: choice({ value: now, options: looks, change }) }))
  }

  count (each, name, label, { rule = true, max } = {}) {
    const control = make('input', { className: 'form-control mr-tnum', type: 'number', step: 'any', max, inputmode: 'decimal' })
    const source = rule ? each.validate : each
    control.value = source?.[name] ?? ''
    control.addEventListener('change', () => {
      const value = control.value === '' ? undefined : Number(control.value)
      if (rule) this.model.setRule(each, name, value)
      else this.set(each, { [name]: value })
    })
    return field({ label, name, control })
  }

  numbers (each, bound) {
    const { t } = this
    return section(t('Which numbers'),
      make('div', { className: 'mr-halves' }, this.count(each, 'min', t('At least')), this.count(each, 'max', t('At most'))),
      !bound && make('div', { className: 'mr-halves' }, this.count(each, 'decimalDigits', t('Decimal places'), { rule: false, max: '6' }),
        field({ label: t('Unit'), name: 'unit', control: text({ value: each.properties?.unit || each.appearance?.suffixAdorner, change: (value) => this.model.setHint(each, 'unit', value) }) })))
  }

  lengths (each) {
    const { t } = this
    return section(t('Which texts'),
      make('div', { className: 'mr-halves' }, this.count(each, 'minLength', t('Characters at least')), this.count(each, 'maxLength', t('Characters at most'))),
      each.type === 'textfield' && field({
        label: t('Written as'), name: 'pattern', tag: t('pattern'), hint: t('For example ^[A-Z]{2}[0-9]{4}$: two capitals, four digits.'),
        control: text({ value: each.validate?.pattern, dir: 'ltr', mono: true, change: (value) => this.model.setRule(each, 'pattern', value) })
      }))
  }

  files (each) {
    const { t } = this
    const options = [{ value: 'image/*', label: t('Pictures') }, { value: 'image/*,application/pdf', label: t('Pictures and PDF') }]
    const change = (accept) => this.set(each, { accept: accept || undefined })
    return section(t('Which files'),
      field({ label: t('Kind'), name: 'accept', control: choice({ value: each.accept || '', options, empty: t('Any'), change }) }),
      each.properties?.kind !== 'signature' && tick({ label: t('More than one'), value: each.multiple === true, change: (on) => this.set(each, { multiple: on }) }))
  }

  begins (each) {
    const { t } = this
    const change = (value) => this.set(each, { defaultValue: value === '' ? undefined : value })
    if (each.type === 'checkbox') return section('', tick({ label: t('Ticked at first'), value: each.defaultValue === true, change: (on) => this.set(each, { defaultValue: on || undefined }) }))
    const options = this.valuesOf(each)
    const now = each.defaultValue === undefined || each.defaultValue === null ? '' : String(each.defaultValue)
    const typed = (value) => change(each.type === 'number' && value !== '' && !Number.isNaN(Number(value)) ? Number(value) : value)
    return section('', field({ label: t('Begins with'), name: 'default', control: options ? choice({ value: now, options, empty: t('Nothing'), change }) : text({ value: now, change: typed }) }))
  }

  words (each) {
    const { t } = this
    const name = each.type === 'html' ? 'content' : 'text'
    return section('', field({
      label: t('Text'), name: 'text', hint: [each.type === 'text' && t('**bold**, *slanted*, # heading, - list, [words](https://…)'), this.spoken(each[name])].filter(Boolean).join(' · '),
      control: text({ value: each[name], lines: 8, dir: 'auto', change: (value) => this.set(each, { [name]: value }) })
    }))
  }

  moving (each) {
    const { t, model } = this
    const button = (name, words, click) => make('button', { type: 'button', className: 'btn btn-sm', onclick: click }, icon(name), words)
    const move = (by) => { model.move(each, by); this.draw() }
    return make('div', { className: 'mr-row-x mr-wrap' },
      button('arrow-up', t('Up'), () => move(-1)), button('arrow-down', t('Down'), () => move(1)),
      button('copy', t('Once more'), () => this.copy(each)), button('trash', t('Remove'), () => { model.remove(each); this.field = null; this.draw() }))
  }

  copy (each) {
    const { model } = this
    const fresh = ({ id, _parent, _path, layout, components, ...kept }) => ({
      ...kept, ...(kept.key ? { key: model.freeKey(kept.key) } : {}), ...(kept.path ? { path: model.freeKey(kept.key) } : {}),
      ...(kept.properties?.field ? { properties: model.without(kept.properties, 'field', undefined) } : {})
    })
    const made = fresh(each)
    if (each.type === 'group' || each.type === 'dynamiclist') made.components = []
    model.put(made, model.parent(each), model.place(each) + 1)
  }
}
