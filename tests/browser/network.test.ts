import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import type { Client, LiveStatus } from '../../src/sdk/index.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const CHROMIUM = '/usr/bin/chromium'
const FLAGS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-sync']
const SDK = resolve(import.meta.dir, '../../src/sdk/index.ts')

/** What the page of this test has in its window. */
interface Shown {
  client: Client
  statuses: LiveStatus['state'][]
  start(options: object): Promise<void>
}

/** Makes a client of the options in the page, which notes every status of its connection. */
const PAGE = (url: string) => `<!doctype html><title>A chat</title><script type="module">
  import { createClient, storedTokens, storedOutbox } from '/client.js'
  window.statuses = []
  window.start = async ({ stored, ...options }) => {
    const kept = stored ? { tokens: storedTokens(localStorage), outbox: storedOutbox(localStorage) } : {}
    window.client = createClient({ url: '${url}', random: () => 100, ...kept, ...options })
    client.live.on('status', ({ state }) => statuses.push(state))
  }
  document.title = 'ready'
</script>`

if (!existsSync(CHROMIUM)) test.skip(`the client in a browser: ${CHROMIUM} is not installed`, () => undefined)
else
  describe('the client in a browser', () => {
    let browser: Browser
    let server: TestServer
    let origin = ''
    let stop: () => Promise<void>
    beforeAll(async () => {
      const built = await Bun.build({ entrypoints: [SDK], target: 'browser', format: 'esm' })
      const code = (await built.outputs[0]?.text()) ?? ''
      let page = ''
      const served = Bun.serve({
        port: 0,
        hostname: '127.0.0.1',
        fetch: request =>
          new URL(request.url).pathname === '/client.js'
            ? new Response(code, { headers: { 'content-type': 'text/javascript' } })
            : new Response(page, { headers: { 'content-type': 'text/html' } }),
      })
      origin = `http://127.0.0.1:${served.port}`
      server = await startTestServer({ settings: { PARLEY_ALLOWED_ORIGINS: origin } })
      page = PAGE(server.url)
      browser = await chromium.launch({
        executablePath: CHROMIUM,
        args: FLAGS,
        // By default playwright turns the page cache off.
        ignoreDefaultArgs: ['--disable-back-forward-cache'],
      })
      stop = async () => {
        await browser.close()
        await served.stop(true)
        await server[Symbol.asyncDispose]()
      }
    }, 120_000)
    afterAll(() => stop())

    async function tabIn(context: BrowserContext, options: object): Promise<Page> {
      const page = await context.newPage()
      page.setDefaultTimeout(120_000)
      await open(page, options)
      return page
    }

    async function open(page: Page, options: object): Promise<void> {
      await page.goto(origin)
      await page.waitForFunction(() => document.title === 'ready')
      await page.evaluate(given => (window as unknown as Shown).start(given), options)
    }

    const register = (page: Page) =>
      page.evaluate(async () => {
        const { client } = window as unknown as Shown
        const username = `tab-${Math.random().toString(36).slice(2)}`
        const email = `${username}@example.com`
        return (await client.auth.register({ username, email, password: 'a fine long phrase' })).user.id
      })
    const connect = (page: Page) =>
      page.evaluate(() => (window as unknown as Shown).client.live.open().then(() => null))
    const becomes = (page: Page, state: LiveStatus['state']) =>
      page.waitForFunction(wanted => (window as unknown as Shown).client.live.status.state === wanted, state)
    const userOf = (page: Page) =>
      page.evaluate(async () => (await (window as unknown as Shown).client.tokens.restore())?.user_id ?? null)

    test('a page that was offline connects at once when it is online again, though it would wait for half an hour', async () => {
      const context = await browser.newContext()
      const page = await tabIn(context, {})
      await register(page)
      await connect(page)
      await becomes(page, 'up_to_date')
      await context.setOffline(true)
      await page.evaluate(() => (window as unknown as Shown).client.live.drop())
      await becomes(page, 'offline')
      await context.setOffline(false)
      await becomes(page, 'up_to_date')
      await context.close()
    }, 300_000)

    test('a page that comes back from the page cache has closed its socket, and resumes', async () => {
      const context = await browser.newContext()
      const page = await tabIn(context, { stored: true })
      await register(page)
      await connect(page)
      await becomes(page, 'up_to_date')
      await page.goto('about:blank')
      // A page of the cache is not loaded again.
      await page.goBack({ waitUntil: 'commit' })
      await page.waitForFunction(() => document.title === 'ready')
      const cached = await page.evaluate(() => 'client' in window)
      expect(cached).toBe(true)
      await becomes(page, 'up_to_date')
      const statuses = await page.evaluate(() => (window as unknown as Shown).statuses)
      const expected: typeof statuses = ['connecting', 'up_to_date', 'paused', 'connecting', 'up_to_date']
      expect(statuses.filter(state => state !== 'catching_up') as typeof statuses).toEqual(expected)
      await context.close()
    }, 300_000)

    test('two tabs with expired tokens refresh once, and are signed out together', async () => {
      const context = await browser.newContext()
      const [one, two] = [await tabIn(context, { stored: true }), await tabIn(context, { stored: true })]
      const id = await register(one)
      await one.evaluate(() => {
        const tokens = JSON.parse(localStorage.getItem('parley-tokens') ?? '{}') as object
        localStorage.setItem('parley-tokens', JSON.stringify({ ...tokens, expires_at: 0 }))
      })
      let refreshes = 0
      context.on('request', request => {
        if (request.method() === 'POST' && request.url().endsWith('/auth/refresh-token')) refreshes += 1
      })
      await Promise.all([open(one, { stored: true }), open(two, { stored: true })])
      const me = (page: Page) => page.evaluate(async () => (await (window as unknown as Shown).client.users.me()).id)
      expect(await Promise.all([me(one), me(two)])).toEqual([id, id])
      expect(refreshes).toBe(1)
      await connect(two)
      await one.evaluate(() => (window as unknown as Shown).client.auth.logout())
      await becomes(two, 'signed_out')
      expect(await two.evaluate(() => localStorage.getItem('parley-tokens'))).toBeNull()
      await context.close()
    }, 300_000)

    test('a session in a cookie outlives the page, is shared by tabs, ends with the sign-out, and no script can read it', async () => {
      const context = await browser.newContext()
      const one = await tabIn(context, { session: 'cookie' })
      const id = await register(one)
      expect(await one.evaluate(() => [document.cookie, localStorage.length, sessionStorage.length])).toEqual([
        '',
        0,
        0,
      ])
      await open(one, { session: 'cookie' })
      const two = await tabIn(context, { session: 'cookie' })
      expect(await Promise.all([userOf(one), userOf(two)])).toEqual([id, id])
      await connect(two)
      await one.evaluate(() => (window as unknown as Shown).client.auth.logout())
      await becomes(two, 'signed_out')
      await open(one, { session: 'cookie' })
      expect(await userOf(one)).toBeNull()
      await context.close()
    }, 300_000)

    test('a message that a closed tab could not send is sent by another one', async () => {
      const context = await browser.newContext()
      const [one, two] = [await tabIn(context, { stored: true }), await tabIn(context, { stored: true })]
      await register(one)
      const conversation_id = await one.evaluate(async () => {
        const { client } = window as unknown as Shown
        return (await client.conversations.create({ type: 'group', name: 'Notes', participant_ids: [] })).id
      })
      await open(two, { stored: true })
      await context.setOffline(true)
      await one.evaluate(id => {
        const { client } = window as unknown as Shown
        client.outbox.add({ conversation_id: id, content: 'of a tab that is closed' })
      }, conversation_id)
      await one.close()
      await context.setOffline(false)
      await two.waitForFunction(() => Object.keys(localStorage).join() === 'parley-tokens')
      const stored = await two.evaluate(async id => {
        const { client } = window as unknown as Shown
        return (await client.messages.list({ conversation_id: id })).data.map(({ content }) => content)
      }, conversation_id)
      expect(stored).toContain('of a tab that is closed')
      await context.close()
    }, 300_000)
  })
