// What the counter's page does with its reader's digits and with a server that says nothing: the smallest page around it.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, test } from 'node:test'

const documentElement = { lang: 'en', dataset: {} }
globalThis.document = { documentElement, querySelector: () => ({ content: 'token' }) }
const { format } = await import('../../erp/frontend/src/numbers.js')
const { hasMore, oneMore } = await import('../../erp/frontend/src/till/returned.js')
const { Unanswered, get } = await import('../../erp/frontend/src/till/server.js')

const ANSWERS = {
  '/till/silent': () => {},
  '/till/broken': (answer) => answer.writeHead(200, { 'Content-Type': 'application/json' }).write('{"lots": ['),
  '/till/empty': (answer) => answer.end(),
  '/till/lots': (answer) => answer.end('{"lots": []}')
}
const server = createServer(({ url }, answer) => ANSWERS[url](answer))
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
after(() => {
  server.closeAllConnections()
  server.close()
})
const { fetch } = globalThis
globalThis.fetch = (path, init) => fetch(`http://127.0.0.1:${server.address().port}${path}`, init)

test('one more comes back than a field says, in whatever digits it says it', () => {
  const ways = { en: ['.', ',', '1,000', '1.5'], de: [',', '.', '1.000', '1,5'], fa: ['٫', '٬', '۱٬۰۰۰', '۱٫۵'] }
  for (const [lang, [decimal, group, thousand, half]] of Object.entries(ways)) {
    Object.assign(documentElement, { lang, dataset: { decimal, group } })
    assert.deepEqual([oneMore(''), oneMore(thousand), oneMore(half)], [1000000n, 1001000000n, 2500000n], lang)
    assert.deepEqual([hasMore(half, 1500000n), hasMore(half, 1600000n), hasMore('', 1n)], [false, true, true], lang)
    assert.equal(oneMore(format(oneMore(thousand), 0)), 1002000000n, 'what is written is read again')
  }
  assert.deepEqual([oneMore('two'), hasMore('two', 0n)], [null, true], 'no number is said at its field')
})

test('a server that says nothing, or breaks off, has not answered', async () => {
  await assert.rejects(get('silent', 50), Unanswered)
  await assert.rejects(get('broken', 50), Unanswered)
  assert.deepEqual([await get('empty'), await get('lots')], [{}, { lots: [] }])
})
