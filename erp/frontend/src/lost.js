// Says on the page, once, that no answer came; what was typed and picked there stays.

export function lost (place, words = document.querySelector('.mr-shell').dataset.lost) {
  if (place.querySelector('[data-lost-note]')) return
  const note = Object.assign(document.createElement('div'), { className: 'mr-flash warning', textContent: words })
  note.dataset.lostNote = ''
  note.setAttribute('role', 'alert')
  place.prepend(note)
}

/** What was said is over: it is tried again. */
export function again (place) {
  place.querySelector('[data-lost-note]')?.remove()
}
