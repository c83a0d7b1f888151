import { expect, test } from 'bun:test'
import { startTestServer } from '../support/server.ts'

test('the start page, the reference page and the document lead below the path of BASE_URL', async () => {
  const base = 'https://example.com/chat'
  await using server = await startTestServer({ settings: { BASE_URL: `${base}/`, PORT: '0' } })
  // What a proxy asks, which takes the path off: the server itself says only what it is called.
  const own = `http://127.0.0.1:${server.running.port}`
  const start = await fetch(`${own}/`, { redirect: 'manual' })
  expect([start.status, start.headers.get('location')]).toEqual([302, '/chat/docs'])
  const page = await (await fetch(`${own}/docs`)).text()
  const links = [...page.matchAll(/(?:src|href)="(\/[^"]*)"|"url":"(\/[^"]*)"/g)].map(([, link, url]) => link ?? url)
  expect(links.length).toBeGreaterThanOrEqual(2)
  for (const link of links) {
    expect(link).toStartWith('/chat/')
    expect((await fetch(`${own}${link?.slice('/chat'.length)}`)).status).toBe(200)
  }
  const { servers } = (await (await fetch(`${own}/openapi.json`)).json()) as { servers: { url: string }[] }
  expect(servers).toEqual([{ url: base }])
})
