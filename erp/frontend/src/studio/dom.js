// Small pieces of the panel: every control has a label, a hint below and keeps what was typed.

let count = 0

export function make (tag, attributes = {}, ...children) {
  const node = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value)
    else if (name === 'value' && tag !== 'option') node.value = value
    else if (value === true) node.setAttribute(name, '')
    else node.setAttribute(name === 'className' ? 'class' : name, value)
  }
  node.append(...children.filter((child) => child !== undefined && child !== null && child !== false && child !== ''))
  return node
}

export function icon (name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  svg.setAttribute('class', 'ti')
  svg.setAttribute('aria-hidden', 'true')
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use')
  use.setAttribute('href', `${document.getElementById('studio').dataset.icons}#${name}`)
  svg.append(use)
  return svg
}

export function field ({ label, tag, hint, error, control, name }) {
  count += 1
  const id = `p${count}`
  control.id = id
  if (name) control.name = name
  const about = [hint && `${id}h`, error && `${id}e`].filter(Boolean).join(' ')
  if (about) control.setAttribute('aria-describedby', about)
  if (error) control.setAttribute('aria-invalid', 'true')
  return make('div', { className: 'mr-field' },
    make('label', { className: 'form-label', for: id }, label, tag && ' ', tag && make('span', { className: 'mr-tag' }, tag)),
    control,
    error && make('p', { className: 'mr-err', id: `${id}e` }, icon('alert-circle'), make('span', {}, error)),
    hint && make('p', { className: 'mr-hint', id: `${id}h` }, hint))
}

const PAUSE = 500

// Tells of a change after a pause, and at once when the box is left; `late` only then.
export function text ({ value, change, lines, dir, readonly, list, placeholder, mono, late }) {
  const control = make(lines ? 'textarea' : 'input', {
    className: `form-control${mono ? ' mr-mono' : ''}`, rows: lines, dir, readonly, list, placeholder, autocomplete: 'off', spellcheck: mono ? 'false' : undefined
  })
  control.value = value ?? ''
  let timer
  let told = control.value
  const tell = () => {
    clearTimeout(timer)
    if (control.value === told) return
    told = control.value
    change(control.value)
  }
  control.addEventListener('input', () => {
    clearTimeout(timer)
    if (!late) timer = setTimeout(tell, PAUSE)
  })
  control.addEventListener('change', tell)
  return control
}

// options: [{ value, label, group }]; a value that is not among them is kept and shown as it is
export function choice ({ value, options, change, empty, disabled }) {
  const control = make('select', { className: 'form-select', disabled, onchange: () => change(control.value) })
  if (empty !== undefined) control.append(make('option', { value: '' }, empty))
  if (value && !options.some((each) => each.value === value)) control.append(make('option', { value }, value))
  const groups = new Map()
  for (const each of options) {
    const option = make('option', { value: each.value }, each.label)
    if (!each.group) {
      control.append(option)
      continue
    }
    if (!groups.has(each.group)) {
      groups.set(each.group, make('optgroup', { label: each.group }))
      control.append(groups.get(each.group))
    }
    groups.get(each.group).append(option)
  }
  control.value = value || ''
  return control
}

export function tick ({ label, value, change, disabled }) {
  const box = make('input', { type: 'checkbox', className: 'form-check-input', disabled, onchange: () => change(box.checked) })
  box.checked = value
  return make('label', { className: 'mr-tick' }, box, make('span', { className: 'mr-grow' }, label))
}

export function section (title, ...children) {
  return make('section', {}, title && make('h3', {}, title), ...children)
}
