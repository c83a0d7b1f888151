import { expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import { startTestServer } from '../support/server.ts'

const CHROMIUM = '/usr/bin/chromium'
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

if (!existsSync(CHROMIUM)) test.skip(`/docs in a browser: ${CHROMIUM} is not installed`, () => undefined)
else
  test('/docs renders every group in a browser and makes requests to this server only', async () => {
    await using server = await startTestServer()
    const browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS })
    try {
      const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
      page.setDefaultTimeout(120_000)
      const foreign: string[] = []
      await page.route('**/*', async route => {
        const url = route.request().url()
        if (url.startsWith(server.url) || url.startsWith('data:') || url.startsWith('blob:')) return route.continue()
        foreign.push(url)
        return route.abort()
      })
      await page.goto(`${server.url}/docs`, { waitUntil: 'networkidle' })
      await page.getByText('Create an account and sign in').first().waitFor({ state: 'attached' })
      const text = await page.locator('body').innerText()
      for (const expected of ['Parley', 'auth', 'conversations', 'messages', 'groups']) expect(text).toContain(expected)
      if (process.env['PARLEY_SCREENSHOT']) await page.screenshot({ path: process.env['PARLEY_SCREENSHOT'] })
      expect(foreign).toEqual([])
    } finally {
      await browser.close()
    }
  }, 300_000)
