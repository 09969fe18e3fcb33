// The panel at the side: what can be said about the chosen element, in the words of those who do the work.

import { elementFields } from './elements.js'
import { field, icon, make, section, text } from './dom.js'
import { slug } from './model.js'

export class Panel {
  constructor (place, modeler, model, offered, { t, edits, problems, paths }) {
    Object.assign(this, { place, modeler, model, offered, t, edits, problems, paths })
    this.element = null
    if (edits) {
      modeler.on('selection.changed', ({ newSelection }) => this.show(newSelection.length === 1 ? newSelection[0] : null))
      modeler.on('elements.changed', ({ elements }) => this.changed(elements))
      modeler.on('element.changed', ({ element }) => element === this.element && !this.place.contains(document.activeElement) && this.draw())
    } else {
      modeler.on('element.click', ({ element }) => this.show(element.parent ? element : null))
    }
    this.show(null)
  }

  show (element) {
    const wanted = element?.labelTarget || element
    if (wanted === this.element && this.place.contains(document.activeElement)) return
    this.element = wanted
    this.draw()
  }

  // Back to the process as a whole, where every element is listed.
  leave () {
    this.modeler.get('selection', false)?.select([])
    this.element = null
    this.draw()
    this.place.querySelector('h2').focus()
  }

  changed (elements) {
    if (this.element && elements.includes(this.element) && !this.place.contains(document.activeElement)) this.draw()
  }

  // Draws anew and puts the reader back where they were.
  again () {
    const at = document.activeElement?.name
    this.draw()
    if (at) this.place.querySelector(`[name="${CSS.escape(at)}"]`)?.focus()
  }

  draw () {
    const { t, model, element } = this
    const whole = !element
    const subject = element || this.modeler.get('canvas').getRootElement()
    const business = whole ? model.root() : subject.businessObject
    const kind = whole ? 'process' : business.$type.replace('bpmn:', '').replace(/^./, (letter) => letter.toLowerCase())
    const head = make('header', {},
      !whole && make('button', { type: 'button', className: 'mr-back', 'data-always': true, onclick: () => this.leave() }, icon('chevron-left'), t('The whole process')),
      make('div', { className: 'mr-small mr-mute' }, this.offered.names[kind] || kind),
      make('h2', { tabindex: '-1' }, make('bdi', {}, business.name || (whole ? business.id : t('Without a name')))))
    const remarks = this.problems.of(whole ? '' : business.id)
    const parts = [
      head,
      remarks.length > 0 && make('section', { className: 'mr-remarks' }, ...remarks.map((each) => this.problems.line(each, false))),
      this.general(subject, business, kind, whole),
      ...(whole ? [] : elementFields(this, subject, kind)),
      this.notes(subject, business, whole),
      whole && this.contents()
    ]
    this.place.replaceChildren(...parts.filter(Boolean))
    if (!this.edits) for (const control of this.place.querySelectorAll('input, textarea, select, button:not([data-always])')) control.disabled = true
  }

  general (element, business, kind, whole) {
    const { t, model } = this
    if (kind === 'lane') {
      return null
    }
    const parts = [field({
      label: kind.endsWith('Gateway') ? t('Question') : t('Name'),
      name: 'name',
      control: text({
        value: business.name,
        lines: ['userTask', 'serviceTask'].includes(kind) ? 2 : undefined,
        change: (value) => whole ? this.setRoot({ name: value }) : model.rename(element, value)
      })
    })]
    if (!whole && !business.$type.endsWith('SequenceFlow')) parts.push(this.id(element, business))
    return section('', ...parts)
  }

  id (element, business) {
    const { t, model } = this
    const control = text({
      value: business.id,
      dir: 'ltr',
      mono: true,
      change: (value) => {
        const wanted = slug(value)
        const free = wanted && (wanted === business.id || !model.registry.get(wanted))
        if (free && wanted !== business.id) model.set(element, { id: wanted })
        else control.value = business.id
      }
    })
    return field({ label: t('Name for programs'), name: 'id', control, hint: t('Documents under way and the program find it by this; change it only before it is published.') })
  }

  notes (element, business, whole) {
    const { t, model } = this
    return section('', field({
      label: t('Explanation'),
      name: 'documentation',
      hint: whole ? undefined : t('Who does the step reads it above the form.'),
      control: text({
        value: whole ? business.documentation?.[0]?.text : model.documentation(element),
        lines: 3,
        change: (value) => whole
          ? this.setRoot({ documentation: value ? [model.factory.create('bpmn:Documentation', { text: value })] : [] })
          : model.setDocumentation(element, value)
      })
    }))
  }

  // Every named element by a button: the way to each without a pointer.
  contents () {
    const { t, model, offered } = this
    const named = model.registry.filter((each) => each.businessObject?.name && !each.labelTarget && !each.waypoints && each.parent)
    if (!named.length) return null
    const kindOf = (each) => each.businessObject.$type.replace('bpmn:', '').replace(/^./, (letter) => letter.toLowerCase())
    const items = named.filter((each) => !model.is(each, 'Lane')).map((each) => make('li', {},
      make('button', { type: 'button', className: 'mr-remark', 'data-always': true, 'data-element': each.id, onclick: () => this.problems.goTo(each.id) },
        make('span', { className: 'mr-grow' }, make('bdi', {}, each.businessObject.name)),
        make('span', { className: 'mr-small mr-mute' }, offered.names[kindOf(each)] || ''))))
    return section(t('Elements'), make('ul', { className: 'mr-contents' }, ...items))
  }

  setRoot (values) {
    const root = this.modeler.get('canvas').getRootElement()
    const process = this.model.root()
    if (root.businessObject === process) this.model.set(root, values)
    else this.model.modeling.updateModdleProperties(root, process, values)
  }
}
