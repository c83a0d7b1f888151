import { expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { createClient, memoryTokens } from '../../src/sdk/index.ts'
import { builtClient } from '../support/client-package.ts'
import { register } from '../support/people.ts'
import { startTestServer } from '../support/server.ts'

const CHROMIUM = '/usr/bin/chromium'

test('files are downloaded as bytes, and shown by an address that needs no header', async () => {
  await using server = await startTestServer()
  const ada = await register(server, 'ada')
  const { files } = createClient({ url: server.url, tokens: memoryTokens(ada.client.tokens.current) })
  const text = await files.upload({ file: new File(['some text'], 'note.txt', { type: 'text/plain' }) })
  expect(await (await files.download({ file_id: text.id })).text()).toBe('some text')
  const response = await fetch(await files.url({ file_id: text.id }))
  expect(await response.text()).toBe('some text')
  // It has no thumbnail.
  expect(await files.url({ file_id: text.id, thumbnail: true })).not.toContain('thumbnail')
})

const PROGRAM = `(async () => {
  const { createClient, memoryTokens } = await import('/index.js')
  const { files } = createClient({ url: URL_OF_SERVER, tokens: memoryTokens(TOKENS) })
  const file = new Blob([new Uint8Array(3_000_000).fill(65)])
  const told = []
  const { size } = await files.upload({ file }, { onProgress: progress => told.push(progress) })
  const controller = new AbortController()
  const aborted = await files
    .upload({ file }, { signal: controller.signal, onProgress: () => controller.abort() })
    .catch(error => error.name)
  const unknown = { conversation_id: '01890000-0000-7000-8000-000000000000', file }
  const refused = await files.upload(unknown, { onProgress: () => undefined }).catch(error => error.message)
  const absent = createClient({ url: 'http://127.0.0.1:1', tokens: memoryTokens(TOKENS) })
  const lost = await absent.files.upload({ file }, { onProgress: () => undefined }).catch(error => error.name)
  const last = told[told.length - 1]
  const grows = told.every(({ sent }, index) => index === 0 || sent >= told[index - 1].sent)
  return { size, aborted, refused, lost, all: last.sent === last.total && last.total > 3_000_000, grows }
})()`

if (!existsSync(CHROMIUM)) test.skip(`uploads in a browser: ${CHROMIUM} is not installed`, () => undefined)
else
  test('a browser reports the progress of an upload, which can be aborted and refused', async () => {
    const folder = await builtClient()
    using served = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: ({ url }) => {
        const { pathname } = new URL(url)
        return pathname.endsWith('.js')
          ? new Response(Bun.file(join(folder, pathname)))
          : new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } })
      },
    })
    const origin = `http://localhost:${served.port}`
    await using server = await startTestServer({ settings: { PARLEY_ALLOWED_ORIGINS: origin } })
    const ada = await register(server, 'ada')
    const tokens = JSON.stringify(ada.client.tokens.current)
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] })
    try {
      const page = await browser.newPage()
      page.setDefaultTimeout(120_000)
      await page.goto(origin)
      const program = PROGRAM.replace('URL_OF_SERVER', JSON.stringify(server.url)).replaceAll('TOKENS', tokens)
      expect(await page.evaluate(program)).toEqual({
        size: 3_000_000,
        aborted: 'AbortError',
        refused: 'files.upload: not_found: Not found',
        lost: 'ConnectionLost',
        all: true,
        grows: true,
      })
    } finally {
      await browser.close()
    }
  }, 300_000)
