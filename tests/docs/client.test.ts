import { afterAll, beforeAll, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { startTestServer } from '../support/server.ts'
import { ROOT, blocksOf, openCheckout, run, withUrl } from './checkout.ts'

const CHROMIUM = '/usr/bin/chromium'
const NODE = Bun.which('node')

const page = await Bun.file(join(ROOT, 'docs/client.md')).text()
const [program = '', ...programs] = blocksOf(page, 'js')
const [html = '', ...pages] = blocksOf(page, 'html')

let checkout: Awaited<ReturnType<typeof openCheckout>>
let built = ''
beforeAll(async () => {
  checkout = await openCheckout()
  built = join(checkout.folder, 'dist/client/index.js')
  await mkdir(join(checkout.folder, 'dist/client'), { recursive: true })
  // `bun run build:client` with another output folder.
  const { scripts } = (await Bun.file(join(ROOT, 'package.json')).json()) as { scripts: Record<string, string> }
  const [, ...build] = (scripts['build:client'] ?? '').replace('dist/client/index.js', built).split(' ')
  await run([process.execPath, ...build])
})
afterAll(() => checkout[Symbol.asyncDispose]())

test('docs/client.md has one program and one page, and both are run here', () => {
  expect([programs, pages]).toEqual([[], []])
})

test('the program runs under Bun as printed', async () => {
  await using server = await startTestServer()
  await Bun.write(join(checkout.folder, 'hello.js'), withUrl(program, server.url))
  expect(await checkout.run(process.execPath, 'hello.js')).toBe('Notes: Kept until it is stored\n')
})

test.skipIf(NODE === null)('the program runs under Node with the built client', async () => {
  await using server = await startTestServer()
  const [, command = ''] = /^ {4}node (.+)$/m.exec(page) ?? []
  await Bun.write(join(checkout.folder, 'hello.js'), withUrl(program, server.url))
  expect(await checkout.run('node', ...command.split(' '))).toBe('Notes: Kept until it is stored\n')
})

if (!existsSync(CHROMIUM)) test.skip(`the page in a browser: ${CHROMIUM} is not installed`, () => undefined)
else
  test('the page shows what is written into it, live and after a reload', async () => {
    let url = ''
    using served = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: async request =>
        new URL(request.url).pathname === '/client.js'
          ? new Response(Bun.file(built))
          : new Response(withUrl(html, url), { headers: { 'content-type': 'text/html' } }),
    })
    const origin = `http://localhost:${served.port}`
    await using server = await startTestServer({ settings: { PARLEY_ALLOWED_ORIGINS: origin } })
    url = server.url
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] })
    try {
      const tab = await browser.newPage()
      tab.setDefaultTimeout(120_000)
      const complaints: string[] = []
      tab.on('pageerror', error => complaints.push(error.message))
      await tab.goto(origin)
      await tab.waitForFunction('document.getElementById("text").onchange !== null')
      await tab.locator('#text').fill('Buy more brass')
      await tab.keyboard.press('Enter')
      await tab.getByText('Buy more brass').waitFor()
      await tab.reload()
      await tab.getByText('Buy more brass').waitFor()
      expect(complaints).toEqual([])
    } finally {
      await browser.close()
    }
  }, 300_000)
