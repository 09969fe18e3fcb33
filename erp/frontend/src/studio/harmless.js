// A picture that may be opened anywhere: shapes and texts, nothing that runs or loads.

const PARTS = new Set(['svg', 'g', 'defs', 'marker', 'pattern', 'clipPath', 'rect', 'circle', 'ellipse', 'path', 'polygon', 'polyline', 'line', 'text', 'tspan', 'style', 'title', 'desc'])
const REFERS = /url\((?!['"]?#)|@import|javascript:/i

export function harmless (svg) {
  const page = new DOMParser().parseFromString(svg, 'image/svg+xml')
  for (const node of [...page.querySelectorAll('*')]) {
    if (!PARTS.has(node.localName) || (node.localName === 'style' && REFERS.test(node.textContent))) {
      node.remove()
      continue
    }
    for (const { name, localName, value } of [...node.attributes]) {
      if (/^on/i.test(localName) || localName === 'href' || REFERS.test(value)) node.removeAttribute(name)
    }
  }
  return `<?xml version="1.0" encoding="utf-8"?>\n${new XMLSerializer().serializeToString(page.documentElement)}`
}
