import { expect, test } from 'bun:test'
import type { TokenStore, Tokens } from '../../src/sdk/index.ts'
import { problem, signedIn, startScripted, tokensOf } from '../sdk/scripted-server.ts'

test('two tabs with one store stay signed in when the clock goes back an hour between their refreshes', async () => {
  const used = new Set<string>()
  await using server = startScripted(async request => {
    if (new URL(request.url).pathname !== '/auth/refresh-token') {
      const token = request.headers.get('authorization')?.replace('Bearer ', '')
      return token === newest() ? Response.json({}) : problem('unauthenticated', 401)
    }
    const { refresh_token } = (await request.json()) as { refresh_token: string }
    // As the server: a refresh token that was replaced and is used again ends the session.
    if (used.has(refresh_token)) return problem('invalid_refresh_token', 401)
    used.add(refresh_token)
    return Response.json(signedIn(newest()))
  })
  const newest = () => `token-${used.size + 1}`
  let text = JSON.stringify(tokensOf())
  const tokens: TokenStore = {
    load: () => JSON.parse(text) as Tokens | null,
    save: next => void (text = JSON.stringify(next)),
  }
  let time = Date.now()
  const tab = () => server.clientOf({ tokens, now: () => time })
  const [one, two] = [tab(), tab()]
  time -= 3_600_000
  // Each finds that its access token is refused.
  const refreshes = [one, one, two, one, two]
  for (const { tokens: keeper } of refreshes) {
    const before = keeper.current?.access_token ?? ''
    expect(await keeper.renew(before)).not.toBeNull()
  }
  for (const client of [one, two]) await client.users.me()
  expect([one, two].map(client => client.tokens.current?.access_token)).toEqual([newest(), newest()])
})
