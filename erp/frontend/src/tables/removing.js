// Taking a rule away by a button that is always seen, and by Alt+Delete: the table tool hides it in a menu of the right mouse button.

export class Removing {
  constructor (button, { t, viewer, service }) {
    Object.assign(this, { button, t, viewer, service })
    this.words = button.querySelector('span')
    button.addEventListener('click', () => this.remove())
    document.addEventListener('keydown', (event) => {
      if (!event.altKey || (event.key !== 'Delete' && event.key !== 'Backspace') || !this.rule()) return
      event.preventDefault()
      this.remove()
    })
  }

  listen (viewer) {
    viewer.on(['selection.changed', 'elements.changed'], () => this.tell())
    this.tell()
  }

  // The rule of the chosen cell; none in a head, in an expression, or while nothing is chosen.
  rule () {
    const viewer = this.viewer()
    const row = viewer?.get('selection', false)?.get?.()?.row
    const rows = viewer?.get('sheet', false)?.getRoot()?.rows ?? []
    return rows.includes(row) ? { row, rows, at: rows.indexOf(row) } : null
  }

  tell () {
    const rule = this.rule()
    this.button.disabled = !rule
    this.words.textContent = rule ? this.t('Remove rule {rule}').replace('{rule}', (rule.at + 1).toLocaleString(document.documentElement.lang)) : this.t('Remove rule')
  }

  remove () {
    const { row, rows, at } = this.rule()
    this.service('editorActions').trigger('removeRule', { rule: row })
    const next = rows[Math.min(at, rows.length - 1)]
    if (next) this.service('selection').select(next.cells[0])
    this.tell()
  }
}
