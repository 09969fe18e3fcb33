// Reads and changes a form as single steps that can be undone.

import { own } from './board.js'

export class FormModel {
  constructor (editor) {
    this.editor = editor
    this.modeling = editor.get('modeling')
    this.registry = editor.get('formFieldRegistry')
    this.selection = editor.get('selection')
    this.stack = editor.get('commandStack')
    this.stack.register('form.atOnce', { preExecute: ({ run }) => run() })
  }

  // Several changes that are undone as one.
  atOnce (run) {
    this.stack.execute('form.atOnce', { run })
  }

  root () {
    return this.editor._getState().schema
  }

  // Every component below `part`, in the order of the form, each with how deep it lies.
  all (part = this.root(), depth = 0) {
    return (part?.components || []).flatMap((each) => [{ field: each, depth }, ...this.all(each, depth + 1)])
  }

  parent (field) {
    return this.registry.get(field._parent)
  }

  // The list a column lies in; undefined for a field of the form itself.
  list (field) {
    for (let at = this.parent(field); at; at = at._parent && this.parent(at)) if (at.type === 'dynamiclist') return at
  }

  place (field) {
    return this.parent(field).components.findIndex((each) => each.id === field.id)
  }

  set (field, values) {
    this.modeling.editFormField(field, values)
  }

  setRule (field, name, value) {
    this.set(field, { validate: this.without(field.validate, name, value) })
  }

  setHint (field, name, value) {
    this.set(field, { properties: this.without(field.properties, name, value) })
  }

  without (old, name, value) {
    const made = { ...old, [name]: value }
    if (value === undefined || value === '' || value === false) delete made[name]
    return Object.keys(made).length ? made : undefined
  }

  // Below what is chosen, inside it when it holds others, else at the end.
  add (attrs) {
    const chosen = this.selection.get()
    const holds = chosen && ['group', 'dynamiclist'].includes(chosen.type)
    const parent = !chosen || chosen.type === 'default' ? this.root() : holds ? chosen : this.parent(chosen)
    const index = !chosen || holds || chosen.type === 'default' ? parent.components.length : this.place(chosen) + 1
    return this.put(attrs, parent, index)
  }

  // With what it holds, each component known to the board.
  put (attrs, parent, index) {
    let made
    this.atOnce(() => { made = this.grow(attrs, parent, index) })
    this.selection.set(made)
    return made
  }

  grow ({ components, ...attrs }, parent, index) {
    const made = this.modeling.addFormField({ ...attrs, ...(components && { components: [] }), layout: own(), _parent: parent.id }, parent, index)
    components?.forEach((each, at) => this.grow(each, made, at))
    return made
  }

  remove (field) {
    this.modeling.removeFormField(field, this.parent(field), this.place(field))
  }

  // A step up or down the form: past a neighbour, into a group at the edge of it, or out of one.
  move (field, by) {
    const from = this.parent(field)
    const at = this.place(field)
    const beside = from.components[at + by]
    if (beside?.type === 'group') return this.shift(field, from, beside, at, by > 0 ? 0 : beside.components.length)
    if (beside) return this.shift(field, from, from, at, by > 0 ? at + 2 : at - 1)
    if (from.type === 'group') this.shift(field, from, this.parent(from), at, this.place(from) + (by > 0 ? 1 : 0))
  }

  shift (field, from, to, at, index) {
    this.modeling.moveFormField(field, from, to, at, index, null, null)
  }

  freeKey (wanted) {
    const taken = new Set(this.all().map(({ field }) => field.key))
    let key = wanted
    for (let count = 2; taken.has(key); count += 1) key = `${wanted}_${count}`
    return key
  }

  isBound (name) {
    return this.all().some(({ field }) => field.properties?.field === name && !this.list(field))
  }
}
