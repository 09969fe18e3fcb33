// Bundles everything the browser loads into dist/: scripts, styles, fonts, icons, notices, and a manifest of content hashes.

import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { PurgeCSS } from 'purgecss'

const here = new URL('./', import.meta.url)
const path = (name) => new URL(name, here).pathname
const modules = path('node_modules/')
const dist = path('node_modules/.dist/')

rmSync(dist, { recursive: true, force: true })
mkdirSync(dist)

const scripts = await build({
  entryPoints: ['shell', 'lists', 'form', 'process', 'reference', 'studio', 'compare', 'reports', 'sending', 'matching', 'till'].map((name) => path(`src/${name}.js`)),
  outdir: dist, bundle: true, minify: true, format: 'iife', target: 'es2022', legalComments: 'none', metafile: true, charset: 'utf8'
})
// The editor of decision tables without its editor of FEEL: cells are judged by the server, which asks them too.
const tables = await build({
  entryPoints: [path('src/tables.js')],
  outdir: dist, bundle: true, minify: true, format: 'iife', target: 'es2022', legalComments: 'none', metafile: true, charset: 'utf8',
  alias: {
    '@bpmn-io/feel-editor': path('src/tables/box.js'),
    '@bpmn-io/dmn-variable-resolver': path('src/tables/without.js'),
    '@codemirror/view': path('src/tables/without.js')
  }
})
// The editor of forms without form-js' own panel, in whose place ours stands, and with the one Preact it is made for.
const drawing = await build({
  entryPoints: [path('src/forms.js')],
  outdir: dist, bundle: true, minify: true, format: 'iife', target: 'es2022', legalComments: 'none', metafile: true, charset: 'utf8',
  alias: {
    preact: `${modules}@bpmn-io/form-js-editor/node_modules/preact`,
    ...Object.fromEntries([
      'autocomplete', 'commands', 'lang-json', 'language', 'lint', 'state', 'view'
    ].map((name) => [`@codemirror/${name}`, path('src/forms/without.cjs')])),
    ...Object.fromEntries([
      '@bpmn-io/feel-editor', '@bpmn-io/feelers-editor', 'focus-trap'
    ].map((name) => [name, path('src/forms/without.cjs')]))
  }
})
const styles = await build({
  entryPoints: ['millrace', 'process', 'reference', 'studio', 'compare', 'tables', 'forms', 'till', 'receipt'].map((name) => path(`src/${name}.css`)),
  outdir: dist, bundle: true, minify: true, target: ['chrome123', 'firefox120', 'safari17.5'], legalComments: 'none', metafile: true,
  loader: { '.woff2': 'file', '.svg': 'dataurl' }, assetNames: 'fonts/[name]-[hash]'
})

for (const name of ['tabler.min.css', 'tabler.rtl.min.css']) {
  const css = readFileSync(`${modules}@tabler/core/dist/css/${name}`, 'utf8')
  writeFileSync(dist + name, css.replace(/\/\*# sourceMappingURL=.*?\*\//, ''))
}
for (const [name, whole] of [['bare.css', 'tabler.min.css'], ['bare.rtl.css', 'tabler.rtl.min.css']]) {
  writeFileSync(dist + name, await used(whole))
}
cpSync(path('src/favicon.svg'), `${dist}favicon.svg`)
writeFileSync(`${dist}icons.svg`, sprite())
writeFileSync(`${dist}NOTICES.txt`, notices())
writeFileSync(`${dist}manifest.json`, JSON.stringify(manifest(), null, 1))

// Swapped at the end: a server beside never finds half a folder.
rmSync(path('dist/'), { recursive: true, force: true })
renameSync(dist, path('dist/'))

// What pages without a menu use of a sheet: a customer who opens a link by phone loads no more than that. Both themes stay.
async function used (name) {
  const [found] = await new PurgeCSS().purge({
    content: [path('../web/templates/**/*.html'), path('../../plugins/*/templates/**/*.html')],
    css: [dist + name], variables: true, fontFace: true, keyframes: true, safelist: { greedy: [/data-bs-theme/] }
  })
  return found.css
}

function sprite () {
  const names = readFileSync(path('icons.txt'), 'utf8').split('\n').filter((line) => line && !line.startsWith('#'))
  const symbols = names.map((name) => {
    const file = `${modules}@tabler/icons/icons/outline/${name}.svg`
    if (!existsSync(file)) throw new Error(`icons.txt names ${name}, which is not an outline icon of Tabler.`)
    const shapes = readFileSync(file, 'utf8').replace(/^[\s\S]*?<svg[^>]*>/, '').replace('</svg>', '')
    return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">${shapes.replace(/\s*\n\s*/g, '')}</symbol>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join('\n')}</svg>\n`
}

// Every package something of which is in dist, with its licence text: found in what was really bundled, not listed by hand.
function notices () {
  const folders = new Set(['node_modules/@tabler/core', 'node_modules/@tabler/icons'])
  for (const file of [scripts, tables, drawing, styles].flatMap((made) => Object.keys(made.metafile.inputs))) {
    const found = file.match(/.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/)
    if (found) folders.add(found[0])
  }
  const parts = [...folders].map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(path(`${folder}/package.json`), 'utf8'))
    const file = readdirSync(path(folder)).find((entry) => /^(licen[cs]e|ofl)/i.test(entry))
    const own = file ? readFileSync(path(`${folder}/${file}`), 'utf8').trim() : 'The package carries no licence text of its own.'
    const text = name === 'swagger-ui-dist' ? `${own}\n\n${swaggerParts()}` : own
    return { title: `${name} ${version}, ${licence(name, license)}`, text }
  }).sort((one, other) => one.title < other.title ? -1 : 1)
  const rule = '-'.repeat(78)
  return `Parts of other projects in this folder\n\n${parts.map(({ title }) => title).join('\n')}\n\n` +
    parts.map(({ title, text }) => `${rule}\n${title}\n${rule}\n${text}\n`).join('\n')
}

// The viewer comes bundled: what is inside it says so in files of its own.
function swaggerParts () {
  const parts = ['NOTICE', 'swagger-ui-es-bundle.js.LICENSE.txt']
  return parts.map((file) => readFileSync(`${modules}swagger-ui-dist/${file}`, 'utf8').trim()).join('\n\n')
}

function licence (name, stated) {
  const marked = ['bpmn-js', 'dmn-js', '@bpmn-io/form-js-editor', '@bpmn-io/form-js-viewer']
  return marked.includes(name.replace(/^dmn-js-.*/, 'dmn-js')) ? 'bpmn.io license (MIT with the mark kept visible)' : stated
}

function manifest () {
  const hashes = {}
  for (const name of readdirSync(dist).sort()) {
    if (!/\.(js|css|svg)$/.test(name)) continue
    const content = readFileSync(dist + name)
    hashes[name] = createHash('sha256').update(content).digest('hex').slice(0, 10)
    writeFileSync(`${dist}${name}.gz`, gzipSync(content, { level: 9 }))
  }
  return hashes
}
