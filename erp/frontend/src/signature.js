// Signing with a finger, pen or mouse: what is drawn becomes the file the field sends. Without this script it is a plain file field.

const HEIGHT = 160

export function signature (zone) {
  const input = zone.querySelector('input')
  const canvas = Object.assign(document.createElement('canvas'), { className: 'mr-sign', tabIndex: -1 })
  const clear = Object.assign(document.createElement('button'), { type: 'button', className: 'btn btn-sm', textContent: zone.dataset.clear, hidden: true })
  canvas.setAttribute('role', 'img')
  canvas.setAttribute('aria-label', zone.dataset.signHere)
  zone.prepend(canvas, clear)
  const pen = canvas.getContext('2d')
  let last = null
  let drawn = false

  function fit () {
    const scale = devicePixelRatio || 1
    canvas.width = canvas.clientWidth * scale
    canvas.height = HEIGHT * scale
    pen.scale(scale, scale)
    Object.assign(pen, { lineWidth: 2, lineCap: 'round', lineJoin: 'round', strokeStyle: '#111827' })
    drawn = false
    clear.hidden = true
  }

  const point = (event) => {
    const { left, top } = canvas.getBoundingClientRect()
    return [event.clientX - left, event.clientY - top]
  }

  function keep (blob) {
    const files = new DataTransfer()
    if (blob) files.items.add(new File([blob], 'signature.png', { type: 'image/png' }))
    input.files = files.files
    input.dispatchEvent(new Event('change', { bubbles: true }))
  }

  canvas.addEventListener('pointerdown', (event) => {
    event.preventDefault()
    if (!canvas.width || canvas.width < 10) fit()
    canvas.setPointerCapture(event.pointerId)
    last = point(event)
  })
  canvas.addEventListener('pointermove', (event) => {
    if (!last) return
    const next = point(event)
    pen.beginPath()
    pen.moveTo(...last)
    pen.lineTo(...next)
    pen.stroke()
    last = next
    drawn = true
  })
  const end = () => {
    if (last && drawn) {
      clear.hidden = false
      canvas.toBlob(keep, 'image/png')
    }
    last = null
  }
  canvas.addEventListener('pointerup', end)
  canvas.addEventListener('pointercancel', end)
  clear.addEventListener('click', () => { fit(); keep(null) })
  new ResizeObserver(() => { if (!drawn) fit() }).observe(canvas)
}
