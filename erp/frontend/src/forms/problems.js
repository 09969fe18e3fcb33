// What the server says about the form: a list, marks at the components, and in the panel of the chosen one.

import { make } from '../studio/dom.js'
import { Problems } from '../studio/problems.js'

export class FormProblems extends Problems {
  constructor (place, editor, model, rest) {
    super(place, editor, { ...rest, type: 'application/json' })
    this.model = model
  }

  // What a step may not change yet is let with one click, wherever it is told.
  line (each, linked) {
    const told = super.line(each, linked)
    if (each.rule !== 'form-edits' || !this.letChange) return told
    return make('div', { className: 'mr-mend' }, told, this.mending({ label: this.t('Let the step change it'), apply: () => this.letChange() }))
  }

  goTo (id) {
    const found = this.fieldOf(id)
    if (!found) return
    this.model.selection.set(found)
    this.chosen?.(found)
  }

  fieldOf (id) {
    return this.model.registry.get(id) || this.model.all().map(({ field }) => field).find((each) => each.key === id)
  }

  of (element) {
    return this.found.filter((each) => each.element === element || (element && this.fieldOf(each.element)?.id === element))
  }

  mark () {
    const board = document.querySelector('[data-sheet]')
    for (const node of board.querySelectorAll('.mr-has-problem')) node.classList.remove('mr-has-problem', 'bad')
    for (const each of this.found) {
      const field = each.element && this.fieldOf(each.element)
      const node = field && board.querySelector(`.fjs-element[data-id="${CSS.escape(field.id)}"]`)
      node?.classList.add('mr-has-problem', ...(each.error ? ['bad'] : []))
    }
  }
}
