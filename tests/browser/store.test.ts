import { expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { chromium } from 'playwright-core'
import { groupOf, register, say } from '../support/people.ts'
import { startTestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const CHROMIUM = '/usr/bin/chromium'
const CLIENT = resolve(import.meta.dir, 'whole-client.ts')

/** Opens a store as its hash says: `offline` never connects, `broken` takes the database away. */
const PAGE = `<!doctype html><meta charset="utf-8" /><title>Store</title><ul id="messages"></ul><script type="module">
  import { Store, createClient, indexedDb, memoryTokens } from './client.js'
  const { url, tokens, room, offline, broken } = JSON.parse(decodeURIComponent(location.hash.slice(1)))
  if (broken) Object.defineProperty(window, 'indexedDB', { value: undefined })
  class Nothing {
    close() {}
  }
  const kept = indexedDb()
  const options = { tokens: memoryTokens(tokens), outbox: kept.outbox, ...(offline ? { WebSocket: Nothing } : {}) }
  const client = createClient({ url, ...options })
  const store = new Store(client, { persistence: kept })
  const view = store.messages(room)
  const show = () => (messages.textContent = view.get().items.map(({ message }) => message.content).join(' '))
  view.subscribe(show)
  store.open().catch(error => (document.title = String(error)))
  Object.assign(window, { store, room })
</script>`

if (!existsSync(CHROMIUM)) test.skip(`the store in a browser: ${CHROMIUM} is not installed`, () => undefined)
else
  test('a page shows from IndexedDB what it knew, keeps what was not sent, and works without IndexedDB', async () => {
    const built = await Bun.build({ entrypoints: [CLIENT], target: 'browser' })
    const [client] = built.outputs
    using served = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: request =>
        new URL(request.url).pathname === '/client.js'
          ? new Response(client ?? null, { headers: { 'content-type': 'text/javascript' } })
          : new Response(PAGE, { headers: { 'content-type': 'text/html' } }),
    })
    const origin = `http://localhost:${served.port}`
    await using server = await startTestServer({ settings: { PARLEY_ALLOWED_ORIGINS: origin } })
    const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
    const { id: room } = await groupOf(ada, [bob])
    await say(ada, room, 'one')
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] })
    try {
      const context = await browser.newContext()
      const open = async (options: object) => {
        const tab = await context.newPage()
        tab.setDefaultTimeout(60_000)
        const complaints: string[] = []
        tab.on('pageerror', error => complaints.push(error.message))
        const asked = { url: server.url, tokens: bob.client.tokens.current, room, ...options }
        await tab.goto(`${origin}/#${encodeURIComponent(JSON.stringify(asked))}`)
        return { tab, complaints }
      }
      const first = await open({})
      await first.tab.getByText('one').waitFor()
      await say(ada, room, 'two')
      await first.tab.getByText('one two').waitFor()
      const has = (store: string, text: string) => `new Promise(resolve => {
        const request = indexedDB.open('parley')
        request.onsuccess = () => {
          const found = request.result.transaction('${store}').objectStore('${store}').getAll()
          found.onsuccess = () => resolve(JSON.stringify(found.result).includes('${text}'))
        }
      })`
      await until(() => first.tab.evaluate<boolean>(has('records', 'two')), 'it is saved')
      const offline = await open({ offline: true })
      await offline.tab.getByText('one two').waitFor()
      const broken = await open({ broken: true })
      await broken.tab.getByText('one two').waitFor()
      await context.setOffline(true)
      await first.tab.evaluate("store.send({ conversation_id: room, content: 'three' })")
      await first.tab.getByText('one two three').waitFor()
      await until(() => first.tab.evaluate<boolean>(has('outbox', 'three')), 'the message is kept')
      await first.tab.close()
      await context.setOffline(false)
      const second = await open({})
      await second.tab.getByText('one two three').waitFor()
      const sent = async () => (await ada.client.messages.list({ conversation_id: room })).data[0]?.content === 'three'
      await until(sent, 'the message is sent by another tab')
      expect([...first.complaints, ...offline.complaints, ...broken.complaints]).toEqual([])
    } finally {
      await browser.close()
    }
  }, 300_000)
