// form-js' editor with our components, our palette and our panel; what our pages cannot show it does not offer.

import { FormEditor } from '@bpmn-io/form-js-editor'
import { PathRegistry } from '@bpmn-io/form-js-viewer'
import { registerDrawn } from './drawn.js'

// Problems of keys are told by the server, in words and beside the component; here nothing is refused for them.
class LenientPaths extends PathRegistry {
  canClaimPath () { return true }
  claimPath () {}
  unclaimPath () {}
}
LenientPaths.$inject = PathRegistry.$inject

// Our pages place fields themselves: a row holds one component.
class OneInARow {
  validateField () { return null }
}

class Board extends FormEditor {
  _getModules () {
    const ours = { propertiesPanel: ['value', { attachTo () {} }], pathRegistry: ['type', LenientPaths], formLayoutValidator: ['type', OneInARow] }
    return [...super._getModules().filter((each) => !each.propertiesPanel), ours]
  }
}

const ROW = 'fjs-drop-container-horizontal'

let rows = 0

// Each component in a row of its own that keeps its name: a row that changes it takes the focus from whoever types.
export const own = () => ({ row: `Row_own${++rows}` })

export function board (container, { t, put, names }) {
  const aside = document.createElement('div')
  const editor = new Board({ container, palette: { parent: aside }, propertiesPanel: { parent: aside } })
  registerDrawn(editor.get('formFields'), t, names)
  const dragging = editor.get('dragging')
  const made = dragging.createDragulaInstance.bind(dragging)
  dragging.createDragulaInstance = (options) => made({ ...options, container: options.container.filter((name) => name !== ROW) })
  dragging.createNewField = (element, _row, parent, index) => put(element.dataset.preset, parent, index)
  editor.get('formFieldContextActions').registerProvider(100, {
    getContextPadEntries: () => (entries) => entries.delete ? { delete: { ...entries.delete, title: t('Remove') } } : entries
  })
  return editor
}

const OURS = ['_parent', '_path', 'layout']

// The form as it is kept: without what only the board needs, its lists with their path.
export function plain (part) {
  const found = {}
  for (const [name, value] of Object.entries(part)) {
    if (OURS.includes(name) || value === undefined) continue
    found[name] = name === 'components' ? value.map(plain) : value
  }
  return found
}

// A form from elsewhere may put several fields in a row; ours stand below one another until the page places them.
export function prepared (part) {
  const found = plain(part)
  if (found.type !== 'default') found.layout = own()
  if (found.components) found.components = found.components.map(prepared)
  if (found.type === 'dynamiclist' && !found.path) found.path = found.key
  return found
}
