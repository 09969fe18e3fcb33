// The box in which an expression is written; it stands where the table tool would put an editor of its own.

export default class Box {
  constructor ({ container, value, onChange, contentAttributes }) {
    const box = document.createElement('textarea')
    box.className = 'mr-expression'
    box.rows = 1
    box.spellcheck = false
    box.setAttribute('aria-label', contentAttributes?.['aria-label'] || '')
    box.value = value || ''
    box.addEventListener('input', () => {
      onChange(box.value)
      this.fit()
    })
    container.append(box)
    this.box = box
    this.fit()
  }

  fit () {
    this.box.rows = Math.min(8, this.box.value.split('\n').length)
  }

  focus (at) {
    this.box.focus()
    this.box.setSelectionRange(at ?? 0, at ?? 0)
  }

  setValue (value) {
    if (this.box.value === value) return
    this.box.value = value || ''
    this.fit()
  }

  setVariables () {}
}
