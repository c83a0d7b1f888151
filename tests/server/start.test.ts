import { afterAll, describe, expect, test } from 'bun:test'
import { FEATURE_LEVEL } from '../../contracts/feature-level.ts'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigError, readConfig } from '../../src/config.ts'
import type { FirstAdmin } from '../../src/features/users/first-admin.ts'
import { signingSecret } from '../../src/identity/secret.ts'
import { openLogger } from '../../src/logger.ts'
import { startServer, type Overrides } from '../../src/server.ts'
import { register, signIn } from '../support/people.ts'
import { ADMIN, stack, startTestServer } from '../support/server.ts'

/** What `/health/ready` says of the bus, where the server under test has one. */
const BUS = stack === 'mongo' && process.env['REDIS_URL'] ? { bus: { status: 'ok' } } : {}

describe('a setting', () => {
  test('an unknown or invalid setting is named, and its value is not shown', () => {
    const wrong: Record<string, string>[] = [
      { PARLEY_BOGUS: 'canary' },
      { PORT: 'canary' },
      { PARLEY_RATE_CALLS: '-1' },
      { BASE_URL: 'ftp://canary' },
      { NODE_ENV: 'canary' },
      { PARLEY_ADMIN_USERNAME: 'canary canary' },
      { PARLEY_DEFAULT_ROLE: 'ADMIN' },
      { PARLEY_ADMIN_PASSWORD: 'canary' },
      { PARLEY_ALLOWED_ORIGINS: 'https://fine.example, canary' },
      { MONGODB_URL: 'canary' },
      { S3_ENDPOINT: 'canary' },
      { S3_ENDPOINT: 'http://canary', S3_SECRET_KEY: 'canary', S3_ACCESS_KEY: '' },
      { S3_ENDPOINT: 'http://canary', S3_ACCESS_KEY: 'canary', S3_SECRET_KEY: '' },
      { S3_BUCKET: 'Canary/canary' },
      { NODE_ENV: 'production', PARLEY_SECRET: 'canary' },
      { NODE_ENV: 'production', PARLEY_SECRET: 'a'.repeat(64) },
    ]
    for (const environment of wrong) {
      const name = Object.keys(environment).at(-1) ?? ''
      expect(() => readConfig(environment)).toThrow(name)
      try {
        readConfig(environment)
      } catch (error) {
        expect(String(error)).not.toContain('canary')
      }
    }
  })

  test('an empty setting counts as not set', () => {
    const config = readConfig({ PARLEY_SECRET: '', PARLEY_ADMIN_PASSWORD: '', MONGODB_URL: '', PORT: '' })
    expect(config).toMatchObject({
      secret: null,
      admin: { username: 'admin', password: null },
      mongodb_url: null,
      port: 3000,
    })
  })
})

describe('the signing secret', () => {
  test('the signing secret is generated once, also by several starts at once, and only its owner may read it', async () => {
    const data_dir = await mkdtemp(join(tmpdir(), 'parley-secret-'))
    const secrets = await Promise.all(Array.from({ length: 10 }, () => signingSecret({ secret: null, data_dir })))
    expect(new Set(secrets).size).toBe(1)
    expect(await signingSecret({ secret: null, data_dir })).toBe(secrets[0] ?? '')
    const file = join(data_dir, 'secret')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect((await readFile(file, 'utf8')).length).toBeGreaterThanOrEqual(43)
    await rm(data_dir, { recursive: true })
  })
})

const UNREACHABLE_S3 = { S3_ENDPOINT: 'http://127.0.0.1:9', S3_ACCESS_KEY: 'parley', S3_SECRET_KEY: 'parley-secret' }

describe('a start that fails', () => {
  const folders: string[] = []
  const folder = async () => {
    const made = await mkdtemp(join(tmpdir(), 'parley-start-'))
    folders.push(made)
    return made
  }
  afterAll(() => Promise.all(folders.map(made => rm(made, { recursive: true }))))
  const start = (settings: Record<string, string>, overrides: Overrides = {}) =>
    startServer(readConfig({ PORT: '0', ...settings }), { logger: openLogger('silent'), ...overrides })
  const failure = (starting: Promise<unknown>) =>
    starting.then(
      () => null,
      (error: unknown) => error,
    )

  test('a start that fails names the setting in one line', async () => {
    const data_dir = await folder()
    await using running = await start({ PARLEY_DATA_DIR: data_dir })
    const { port } = new URL(running.url)
    const file = join(data_dir, 'secret')
    const failing: [string, Record<string, string>][] = [
      ['HOST, PORT: ', { PARLEY_DATA_DIR: await folder(), PORT: port }],
      ['HOST, PORT: ', { PARLEY_DATA_DIR: await folder(), HOST: 'nonsense.invalid' }],
      ['PARLEY_DATA_DIR: ', { PARLEY_DATA_DIR: data_dir }],
      ['PARLEY_DATA_DIR: ', { PARLEY_DATA_DIR: join(file, 'below') }],
      ['MONGODB_URL: ', { PARLEY_DATA_DIR: await folder(), MONGODB_URL: 'mongodb://127.0.0.1:9/parley' }],
      ['S3_ENDPOINT, ', { PARLEY_DATA_DIR: await folder(), ...UNREACHABLE_S3 }],
      ['PARLEY_ADMIN_PASSWORD: ', { PARLEY_DATA_DIR: await folder(), PARLEY_ADMIN_PASSWORD: 'password123' }],
    ]
    // At once: a server that does not answer is asked for seconds.
    const errors = await Promise.all(failing.map(([, settings]) => failure(start(settings))))
    for (const [index, error] of errors.entries()) {
      const [setting = ''] = failing[index] ?? []
      expect(error).toBeInstanceOf(ConfigError)
      const { message } = error as ConfigError
      expect([setting, message.slice(0, setting.length)]).toEqual([setting, setting])
      expect(message).not.toContain('\n')
    }
  })

  test('a start that fails has printed the first ADMIN, who can sign in at the next start', async () => {
    const data_dir = await folder()
    const taken = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => undefined } })
    let admin: FirstAdmin | null = null
    const announce = (made: FirstAdmin) => {
      admin = made
    }
    await failure(start({ PARLEY_DATA_DIR: data_dir, PORT: String(taken.port) }, { announce }))
    taken.stop()
    await using running = await start({ PARLEY_DATA_DIR: data_dir })
    const login = await fetch(`${running.url}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(admin),
    })
    expect(login.status).toBe(200)
  })
})

describe('a server', () => {
  test('a server creates the first ADMIN once, and keeps sessions over a restart', async () => {
    await using server = await startTestServer()
    expect(server.admin).toEqual({ username: ADMIN.username, password: null })
    const ada = await register(server, 'ada')
    await server.restart()
    expect(server.admin).toBeNull()
    const me = await fetch(`${server.url}/users/me`, { headers: { authorization: `Bearer ${ada.access_token}` } })
    expect(me.status).toBe(200)
    await signIn(server, ADMIN.username, ADMIN.password)
  })

  test('a server prints a password only if it generated one', async () => {
    await using server = await startTestServer({ settings: { PARLEY_ADMIN_PASSWORD: '' } })
    const { admin } = server
    expect(admin?.password?.length).toBeGreaterThan(15)
    await signIn(server, ADMIN.username, admin?.password ?? '')
  })

  test('a server reports whether it runs and whether it is ready', async () => {
    await using server = await startTestServer()
    const live = await fetch(`${server.url}/health/live`)
    expect([live.status, await live.json()]).toEqual([200, { status: 'ok', feature_level: FEATURE_LEVEL }])
    const ready = await fetch(`${server.url}/health/ready`)
    expect([ready.status, await ready.json()]).toEqual([
      200,
      {
        status: 'ok',
        dependencies: { storage: { status: 'ok' }, files: { status: 'ok' }, search: { status: 'ok' }, ...BUS },
        background: { status: 'ok' },
      },
    ])
  })

  test('a server is not ready while its files are unavailable, and says that it is the files', async () => {
    const data_dir = await mkdtemp(join(tmpdir(), 'parley-no-files-'))
    await using server = await startTestServer({ settings: { PARLEY_DATA_DIR: data_dir, S3_ENDPOINT: '' } })
    await rm(join(data_dir, 'files'), { recursive: true })
    const ready = await fetch(`${server.url}/health/ready`)
    expect([ready.status, await ready.json()]).toEqual([
      503,
      {
        status: 'unavailable',
        dependencies: {
          storage: { status: 'ok' },
          files: { status: 'unavailable' },
          search: { status: 'ok' },
          ...BUS,
        },
        background: { status: 'ok' },
      },
    ])
    await rm(data_dir, { recursive: true })
  })

  test('a server answers 503 and is not ready while its store is unavailable, without a reason', async () => {
    await using server = await startTestServer()
    server.expectComplaint('storage unavailable')
    const ada = await register(server, 'ada')
    await server.running.storage[Symbol.asyncDispose]()
    expect((await fetch(`${server.url}/health/live`)).status).toBe(200)
    expect((await fetch(`${server.url}/health/ready`)).status).toBe(503)
    const list = await fetch(`${server.url}/users`, { headers: { authorization: `Bearer ${ada.access_token}` } })
    expect(list.status).toBe(503)
    expect(list.headers.get('retry-after')).toBe('1')
    expect(await list.json()).toMatchObject({ code: 'unavailable', retry_after: 1 })
  })
})
