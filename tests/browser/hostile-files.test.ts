import { expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { chromium, type Page } from 'playwright-core'
import { isInline } from '../../src/domain/content-types.ts'
import { hostileFiles } from '../support/hostile-files.ts'
import { register } from '../support/people.ts'
import { startTestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const CHROMIUM = '/usr/bin/chromium'
const FLAGS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-sync']

/** Counts the requests that only a running script makes. */
function openCanary() {
  let hits = 0
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch() {
      hits += 1
      return new Response('', { headers: { 'access-control-allow-origin': '*' } })
    },
  })
  return {
    url: `http://127.0.0.1:${server.port}/canary`,
    hits: () => hits,
    [Symbol.asyncDispose]: () => server.stop(true),
  }
}

/** A navigation that becomes a download is aborted. */
async function open(page: Page, url: string): Promise<void> {
  await page.goto(url, { waitUntil: 'load' }).catch((error: unknown) => {
    if (!/Download is starting|ERR_ABORTED/.test(String(error))) throw error
  })
}

if (!existsSync(CHROMIUM)) test.skip(`hostile files in a browser: ${CHROMIUM} is not installed`, () => undefined)
else
  test('a browser that opens hostile files runs nothing of them', async () => {
    await using server = await startTestServer()
    await using canary = openCanary()
    const scripted = (await hostileFiles(canary.url)).filter(({ bytes }) => Buffer.from(bytes).includes('/canary'))
    const browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS })
    await using unprotected = openUnprotected(
      new Map(scripted.map(({ name, claimed, bytes }) => [name, { claimed, bytes }])),
    )
    try {
      const context = await browser.newContext()
      const page = await context.newPage()
      page.setDefaultTimeout(120_000)
      // The same bytes, served as their sender claims, do run: each of these makes two requests.
      for (const name of ['page.html', 'drawing.svg']) {
        const before = canary.hits()
        await open(page, `${unprotected.url}/${name}`)
        await until(() => canary.hits() === before + 2, 'the script to run')
      }
      const before = canary.hits()
      const ada = await register(server, 'ada')
      await context.setExtraHTTPHeaders({ authorization: `Bearer ${ada.access_token}` })
      let opened = 0
      for (const [index, { name, claimed, bytes }] of scripted.entries()) {
        const file = new File([bytes], name.replaceAll(/\p{Cc}/gu, '_').slice(0, 200), { type: claimed })
        const { id, content_type } = await ada.client.files.upload({ file })
        // All that are shown, and some of those that are saved.
        if (!isInline(content_type) && index % 5 !== 0) continue
        await open(page, `${server.url}/files/${id}?download=1`)
        opened += 1
      }
      // A script that ran has made its request before those of this page.
      await context.setExtraHTTPHeaders({})
      await open(page, `${unprotected.url}/page.html`)
      await until(() => canary.hits() >= before + 2, 'the last script to run')
      expect(opened).toBeGreaterThanOrEqual(15)
      expect(canary.hits()).toBe(before + 2)
    } finally {
      await browser.close()
    }
  }, 300_000)

/** What a server would be that believes its clients. */
function openUnprotected(files: Map<string, { claimed: string; bytes: Uint8Array<ArrayBuffer> }>) {
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch(request) {
      const file = files.get(new URL(request.url).pathname.slice(1))
      if (!file) return new Response(null, { status: 404 })
      return new Response(file.bytes, { headers: { 'content-type': file.claimed } })
    },
  })
  return { url: `http://127.0.0.1:${server.port}`, [Symbol.asyncDispose]: () => server.stop(true) }
}
