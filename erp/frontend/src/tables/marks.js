// What is said of a cell stands in the cell, and rules that fit a row light up. The table redraws itself: marks are set anew.

export class Marks {
  constructor (place) {
    this.place = place
    this.complaints = new Map()
    this.rules = new Map()
  }

  // {element id: message}, {rule id: 'fits' | 'decides'}
  set ({ complaints = this.complaints, rules = this.rules }) {
    Object.assign(this, { complaints, rules })
    this.draw()
  }

  draw () {
    this.place.querySelector('.tjs-table-container')?.setAttribute('tabindex', '0') // what scrolls can be reached by key
    for (const cell of this.place.querySelectorAll('[data-element-id], [data-col-id]')) {
      const said = this.complaints.get(cell.dataset.elementId || cell.dataset.colId)
      mark(cell, 'data-wrong', said)
      const box = cell.querySelector('[contenteditable]')
      if (box) mark(box, 'aria-invalid', said && 'true')
    }
    for (const cell of this.place.querySelectorAll('[data-row-id]')) mark(cell, 'data-rule', this.rules.get(cell.dataset.rowId))
  }
}

function mark (node, name, value) {
  if (value) node.setAttribute(name, value)
  else node.removeAttribute(name)
}
