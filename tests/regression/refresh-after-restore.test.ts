import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { backUpInstallation, restoreInstallation } from '../../src/backup/installation.ts'
import { readConfig, type Config } from '../../src/config.ts'
import { openTokens } from '../../src/identity/tokens.ts'
import { openLogger } from '../../src/logger.ts'
import { startServer, type Running } from '../../src/server.ts'
import { createClient } from '../../src/sdk/index.ts'
import { newInstallation } from '../support/installation.ts'
import { PASSWORD, refused } from '../support/people.ts'

const SECRET = 'a signing secret that is long enough for a test'
const PEOPLE = ['ada', 'grace', 'hopper'] as const
const quiet = () => undefined

type Person = (typeof PEOPLE)[number]

/** A server that was restored, and of each person the refresh tokens that the lost one gave: the first before the backup. */
const tokens = new Map<Person, string[]>()
const opened = new AsyncDisposableStack()
let restored: Running

beforeAll(async () => {
  const [first, second] = [opened.use(await newInstallation()), opened.use(await newInstallation())]
  const folder = join(first.folder, 'backup')
  {
    await using lost = await serve(configOf(first.settings))
    const client = createClient({ url: lost.url })
    for (const username of PEOPLE) {
      const registered = await client.auth.register({ username, email: `${username}@example.com`, password: PASSWORD })
      tokens.set(username, [registered.refresh_token ?? ''])
    }
    await backUpInstallation(configOf(first.settings), folder, 'test', quiet)
    for (const given of tokens.values())
      for (let n = 0; n < 3; n += 1) given.push(await renew(lost.url, given.at(-1) ?? ''))
    // Nothing was restored there.
    const { session_id } = await client.auth.login({ username: 'ada', password: PASSWORD })
    const { refreshToken } = openTokens(SECRET)
    await refused(renew(lost.url, refreshToken(session_id, 5)), 'invalid_refresh_token')
    await renew(lost.url, refreshToken(session_id, 0))
  }
  await restoreInstallation(configOf(second.settings), folder, quiet)
  restored = opened.use(await serve(configOf(second.settings)))
})
afterAll(() => opened.disposeAsync())

test('a refresh token that was given after the backup is taken after a restore, and each earlier one ends the session', async () => {
  const [, older, , newest] = known('ada')
  const next = await renew(restored.url, newest)
  // The answer was lost.
  expect(await renew(restored.url, newest)).toBe(next)
  const last = await renew(restored.url, next)
  await refused(renew(restored.url, older), 'invalid_refresh_token')
  await refused(renew(restored.url, last), 'invalid_refresh_token')
})

test('a refresh token of the backup is taken after a restore, and a later one of another client ends the session', async () => {
  const [stored, , , newest] = known('grace')
  const next = await renew(restored.url, stored)
  await refused(renew(restored.url, newest), 'invalid_refresh_token')
  await refused(renew(restored.url, next), 'invalid_refresh_token')
})

test('many refreshes at once by a token that was given after the backup get the same new token', async () => {
  const [, , , newest] = known('hopper')
  const all = await Promise.all(Array.from({ length: 20 }, () => renew(restored.url, newest)))
  expect(new Set(all).size).toBe(1)
})

function configOf(settings: Record<string, string>): Config {
  return readConfig({ ...settings, PORT: '0', PARLEY_SECRET: SECRET, PARLEY_RATE_AUTH: '0' })
}

function serve(config: Config): Promise<Running> {
  return startServer(config, { logger: openLogger('silent') })
}

async function renew(url: string, refresh_token: string): Promise<string> {
  return (await createClient({ url }).auth.refreshToken({ refresh_token })).refresh_token ?? ''
}

function known(person: Person): [string, string, string, string] {
  const [a = '', b = '', c = '', d = ''] = tokens.get(person) ?? []
  return [a, b, c, d]
}
