import { afterAll, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { startTestServer } from '../support/server.ts'
import { NoRegistry, openProject, type Project } from './project.ts'

const CHROMIUM = '/usr/bin/chromium'

if (!existsSync(CHROMIUM)) test.skip(`the client in a browser: ${CHROMIUM} is not installed`, () => undefined)
else {
  const project = await openProject({ vite: '8.3.8' }).catch((error: unknown) => {
    if (error instanceof NoRegistry) return null
    throw error
  })
  if (!project) test.skip('the client in a browser: the package registry cannot be reached', () => undefined)
  else suite(project)
}

function suite({ folder, write, run, ...project }: Project): void {
  afterAll(() => project[Symbol.asyncDispose]())

  test('a page built by vite runs under a policy without eval, and breaks none of its rules', async () => {
    await write({
      'index.html': '<!doctype html><meta charset="utf-8"><body><script type="module" src="./page.ts"></script></body>',
      'page.ts': await readFile(join(import.meta.dir, 'programs/page.ts'), 'utf8'),
    })
    await run(['node', 'node_modules/vite/bin/vite.js', 'build', '--target', 'es2022', '--logLevel', 'error'])
    let policy = ''
    using served = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: request => {
        const { pathname } = new URL(request.url)
        const file = Bun.file(join(folder, 'dist', pathname === '/' ? 'index.html' : pathname))
        return new Response(file, { headers: { 'content-security-policy': policy } })
      },
    })
    const origin = `http://localhost:${served.port}`
    await using server = await startTestServer({ settings: { PARLEY_ALLOWED_ORIGINS: origin } })
    const sockets = server.url.replace('http', 'ws')
    policy = `default-src 'none'; script-src 'self'; connect-src ${server.url} ${sockets}; require-trusted-types-for 'script'`
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] })
    try {
      const page = await browser.newPage()
      page.setDefaultTimeout(120_000)
      const complaints: string[] = []
      page.on('pageerror', error => complaints.push(error.message))
      page.on('console', message => message.type() === 'error' && complaints.push(message.text()))
      await page.goto(`${origin}/?server=${encodeURIComponent(server.url)}`)
      await page.getByText('heard: Buy more brass').waitFor()
      await page.getByText('stored: Notes').waitFor()
      // A favicon is not allowed either, and not asked for by this page.
      expect(complaints.filter(text => !text.includes('favicon'))).toEqual([])
    } finally {
      await browser.close()
    }
  }, 300_000)
}
