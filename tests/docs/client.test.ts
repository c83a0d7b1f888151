import { afterAll, beforeAll, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { builtClient } from '../support/client-package.ts'
import { startTestServer } from '../support/server.ts'
import { ROOT, blocksOf, run, withUrl } from './checkout.ts'

const CHROMIUM = '/usr/bin/chromium'
const NODE = Bun.which('node')

const page = await Bun.file(join(ROOT, 'docs/client.md')).text()
const [program = '', ...programs] = blocksOf(page, 'js')
const [html = '', ...pages] = blocksOf(page, 'html')

let project = ''
let built = ''
beforeAll(async () => {
  built = await builtClient()
  project = await mkdtemp(join(tmpdir(), 'parley-client-docs-'))
  await Bun.write(join(project, 'package.json'), '{ "name": "app", "private": true, "type": "module" }')
  await mkdir(join(project, 'node_modules'))
  await symlink(built, join(project, 'node_modules/parley-client'))
})
afterAll(() => rm(project, { recursive: true, force: true }))

test('docs/client.md has one program and one page, and both are run here', () => {
  expect([programs, pages]).toEqual([[], []])
})

test('the program runs under Bun as printed', async () => {
  await using server = await startTestServer()
  await Bun.write(join(project, 'hello.js'), withUrl(program, server.url))
  expect(await run([process.execPath, 'hello.js'], project)).toBe('Notes: Kept until it is stored\n')
})

test.skipIf(NODE === null)('the program runs under Node as printed', async () => {
  await using server = await startTestServer()
  await Bun.write(join(project, 'hello.js'), withUrl(program, server.url))
  // Node 22 has it without the flag, and takes the flag.
  const command = [NODE ?? '', '--experimental-websocket', 'hello.js']
  expect(await run(command, project)).toBe('Notes: Kept until it is stored\n')
})

if (!existsSync(CHROMIUM)) test.skip(`the page in a browser: ${CHROMIUM} is not installed`, () => undefined)
else
  test('the page shows what is written into it, live and after a reload', async () => {
    let url = ''
    using served = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: async request =>
        new URL(request.url).pathname.startsWith('/parley-client/')
          ? new Response(Bun.file(join(built, new URL(request.url).pathname.replace('/parley-client/', ''))))
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
