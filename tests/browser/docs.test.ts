import { expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import { register } from '../support/people.ts'
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

/** Path, a text to wait for, and texts that have to be there. */
const PAGES: [path: string, waited: string, expected: string[]][] = [
  [
    '/docs',
    'validation_failed',
    [
      'Parley',
      'auth',
      'conversations',
      'messages',
      'groups',
      'PARLEY_RATE_CALLS',
      'PARLEY_TOKEN. Ids',
      'client_id_reused',
      '/docs/socket',
    ],
  ],
  ['/docs/socket', 'event.message.created', ['server.hello', 'client.auth', 'messages.send', '4429 flood']],
]

if (!existsSync(CHROMIUM)) test.skip(`/docs in a browser: ${CHROMIUM} is not installed`, () => undefined)
else
  test('/docs and /docs/socket show every part in a browser, try a call, ask this server only, and fit a phone', async () => {
    await using server = await startTestServer()
    const ada = await register(server, 'ada')
    const browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS })
    try {
      for (const [path, waited, expected] of PAGES)
        for (const width of [1280, 390]) {
          const page = await browser.newPage({ viewport: { width, height: 900 } })
          page.setDefaultTimeout(120_000)
          const foreign: string[] = []
          await page.route('**/*', async route => {
            const url = route.request().url()
            if (url.startsWith(server.url) || url.startsWith('data:') || url.startsWith('blob:'))
              return route.continue()
            foreign.push(url)
            return route.abort()
          })
          await page.goto(server.url + path, { waitUntil: 'networkidle' })
          await page.getByText(waited).first().waitFor({ state: 'attached' })
          const text = (await page.locator('body').textContent()) ?? ''
          for (const each of expected)
            expect([path, width, text.includes(each) ? each : null]).toEqual([path, width, each])
          const whole = await page.evaluate(() => document.documentElement.scrollWidth)
          expect([path, width, whole <= width]).toEqual([path, width, true])
          if (path === '/docs' && width > 1000) {
            await page.getByPlaceholder('Token').fill(ada.access_token)
            await page.getByText('users', { exact: true }).first().click()
            await page.getByText('users.me').first().click()
            await page.getByRole('button', { name: 'Test Request (get /users/me)' }).first().click()
            const answer = page.waitForResponse(`${server.url}/users/me`)
            await page.getByRole('button', { name: /Send Request/ }).click()
            expect(await (await answer).json()).toMatchObject({ id: ada.id })
            await page.getByText('200 OK').first().waitFor()
          }
          const folder = process.env['PARLEY_SCREENSHOT']
          if (folder) await page.screenshot({ path: `${folder}/${path.replaceAll('/', '-')}-${width}.png` })
          expect(foreign).toEqual([])
          await page.close()
        }
    } finally {
      await browser.close()
    }
  }, 300_000)
