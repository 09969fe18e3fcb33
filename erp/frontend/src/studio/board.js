// What the boards of the studio have in common: the two arrows, and files to keep.

// Lets the two arrows take back and do again; what it returns is called whenever the stack has changed.
export function undoing (page, stack) {
  const undo = page.querySelector('[data-undo]')
  const redo = page.querySelector('[data-redo]')
  undo.addEventListener('click', () => stack().undo())
  redo.addEventListener('click', () => stack().redo())
  const tell = () => {
    undo.disabled = !stack()?.canUndo()
    redo.disabled = !stack()?.canRedo()
  }
  tell()
  return tell
}

// Hands a text to the reader as a file.
export function download (text, name, type) {
  const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(new Blob([text], { type })), download: name })
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
