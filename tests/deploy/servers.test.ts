import { describe, expect, test } from 'bun:test'
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfig } from '../../src/config.ts'
import type { FirstAdmin } from '../../src/features/users/first-admin.ts'
import { openLogger } from '../../src/logger.ts'
import { createClient, type Client } from '../../src/sdk/index.ts'
import { startServer, type Running } from '../../src/server.ts'
import { ROOT, run } from '../docs/checkout.ts'
import { readCompose } from '../support/compose.ts'
import { imageEnvironment } from '../support/dockerfile.ts'
import { openTestMeili } from '../support/meili.ts'
import { dropBucket, s3Access } from '../support/minio.ts'
import { groupOf, PASSWORD } from '../support/people.ts'
import { startRedis } from '../support/redis.ts'
import { databaseUrl, dropDatabase } from '../support/server.ts'
import { openSocket } from '../support/socket.ts'
import { until } from '../support/until.ts'

const SLOW = 120_000
const { services } = await readCompose()

/** A temporary folder with the project's `scripts/deploy`, removed at the end. */
async function openFolder() {
  const path = await mkdtemp(join(tmpdir(), 'parley-deploy-'))
  await cp(join(ROOT, 'scripts/deploy'), join(path, 'deploy'), {
    recursive: true,
    filter: from => !from.endsWith('/secrets'),
  })
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

async function makeSecrets(folder: string): Promise<string> {
  await run(['sh', join(folder, 'deploy/make-secrets.sh')])
  return join(folder, 'deploy/secrets')
}

interface Started {
  running: Running
  url: string
  admin: FirstAdmin | null
}

/** Starts a server with what its image and its service in compose.yaml put into the environment, names and paths made local. */
async function start(
  name: string,
  data_dir: string,
  { local = {}, own = {} }: { local?: Record<string, string>; own?: Record<string, string> } = {},
): Promise<Started> {
  const stated = { ...(await imageEnvironment()), ...services[name]?.environment }
  const localised = (value: string) =>
    Object.entries(local).reduce((text, [there, here]) => text.replace(there, here), value)
  const given = Object.entries(stated).map(([setting, value]) => [setting, localised(value)])
  const environment = { ...Object.fromEntries(given), ...own, HOST: '127.0.0.1', PORT: '0', PARLEY_DATA_DIR: data_dir }
  const admins: FirstAdmin[] = []
  const running = await startServer(readConfig(environment), {
    logger: openLogger('silent'),
    announce: admin => void admins.push(admin),
  })
  return { running, url: `http://127.0.0.1:${running.port}`, admin: admins[0] ?? null }
}

async function person(url: string, name: string) {
  const client = createClient({ url })
  const username = `${name}-${crypto.randomUUID().slice(0, 8)}`
  const signedIn = await client.auth.register({ username, email: `${username}@example.com`, password: PASSWORD })
  const { user, access_token, refresh_token = '', session_id } = signedIn
  return { id: user.id, name: username, client, access_token, refresh_token, session_id }
}

async function expectFound(client: Client, q: string, id: string): Promise<void> {
  const found = async () => {
    const { data } = await client.search.messages({ q })
    return data.some(({ message }) => message.id === id)
  }
  // 503 while the index is built.
  await until(() => found().catch(() => false), 'the search finds the message')
}

/** Two people, on one server or on two, use a group, a file and the search. */
async function use(here: string, there: string): Promise<void> {
  const [ada, ben] = [await person(here, 'ada'), await person(there, 'ben')]
  using socket = await openSocket(there, { token: ben.access_token })
  const room = await groupOf(ada, [ben])
  const bytes = crypto.getRandomValues(new Uint8Array(60_000))
  const file = await ada.client.files.upload({ file: new File([bytes], 'bytes.bin') })
  const word = `w${crypto.randomUUID().replaceAll(/[^a-z]/g, '')}`
  const sent = await ada.client.messages.send({
    conversation_id: room.id,
    content: word,
    attachments: [{ file_id: file.id }],
  })
  await socket.find('event', ({ event, data }) => event === 'message.created' && data['id'] === sent.id)
  const headers = { authorization: `Bearer ${ben.access_token}` }
  const got = await fetch(`${there}/files/${file.id}?download=1`, { headers })
  expect(Buffer.from(await got.arrayBuffer()).equals(Buffer.from(bytes))).toBe(true)
  await expectFound(ben.client, word, sent.id)
}

test('the secrets of the profile full are made once, for the owner of the folder alone, and differ', async () => {
  await using folder = await openFolder()
  const secrets = await makeSecrets(folder.path)
  const read = async () => {
    const names = (await readdir(secrets)).toSorted()
    return Promise.all(names.map(async name => [name, await readFile(join(secrets, name), 'utf8')] as const))
  }
  const made = await read()
  expect(made.map(([name]) => name)).toEqual(expect.arrayContaining(services['parley-1']?.secrets ?? []))
  expect(new Set(made.map(([, text]) => text)).size).toBe(made.length)
  expect(made.filter(([, text]) => text.length < 32)).toEqual([])
  expect((await stat(secrets)).mode & 0o777).toBe(0o700)
  for (const [name] of made) expect((await stat(join(secrets, name))).mode & 0o777).toBe(0o444)
  await rm(join(secrets, 'redis_acl'))
  await makeSecrets(folder.path)
  expect(await read()).toEqual(made)
})

test(
  'the server of compose.yaml that stands alone starts with its settings, and serves',
  async () => {
    await using folder = await openFolder()
    const { running, url, admin } = await start('parley', folder.path)
    await using _ = running
    expect(admin).toMatchObject({ username: 'admin', password: expect.any(String) })
    await use(url, url)
    expect(await readdir(folder.path)).toEqual(expect.arrayContaining(['parley.sqlite', 'files', 'search', 'secret']))
  },
  SLOW,
)

const access = s3Access()
if (!process.env['MONGODB_URL'] || !access || !Bun.which('redis-server'))
  test.skip('the two servers of compose.yaml: MONGODB_URL or S3_ENDPOINT is not set, or no redis-server', () =>
    undefined)
else
  describe('the two servers of compose.yaml', () => {
    test(
      'the two servers of compose.yaml start with their settings and secrets, and are one installation',
      async () => {
        await using folder = await openFolder()
        await using opened = new AsyncDisposableStack()
        const secrets = await makeSecrets(folder.path)
        const replace = async (name: string, change: (text: string) => string) => {
          const text = await readFile(join(secrets, name), 'utf8')
          await rm(join(secrets, name))
          await writeFile(join(secrets, name), change(text))
        }
        // Redis as in compose.yaml, with its accounts. Of the other engines the tests know addresses and keys.
        const command = (services['redis']?.command ?? []).map(part => part.replace('/run/secrets', secrets))
        const redis = opened.use(await startRedis(command))
        await replace('redis_url', text => text.replace('redis:6379', `127.0.0.1:${redis.port}`))
        const database = `parley_test_${crypto.randomUUID().replaceAll('-', '')}`
        opened.defer(() => dropDatabase(database))
        await replace('mongodb_url', () => databaseUrl(database))
        const bucket = `parley-test-${crypto.randomUUID()}`
        opened.defer(() => dropBucket(bucket))
        await replace('s3_secret_key', () => access.secret_key)
        const meili = opened.use(openTestMeili())
        await replace('meili_master_key', () => meili.key ?? 'none')
        const local = {
          '/run/secrets': secrets,
          'http://minio:9000': access.endpoint,
          'http://meilisearch:7700': meili.url,
        }
        // Names in these stores that tests of other runs do not use.
        const own = { S3_ACCESS_KEY: access.access_key, S3_BUCKET: bucket, MEILI_INDEX: meili.index }
        const [one, two] = await Promise.all(
          ['parley-1', 'parley-2'].map(name => start(name, join(folder.path, name), { local, own })),
        )
        if (!one || !two) throw new Error('two servers')
        opened.use(one.running)
        opened.use(two.running)

        const password = await readFile(join(secrets, 'admin_password'), 'utf8')
        const root = createClient({ url: two.url })
        expect((await root.auth.login({ username: 'admin', password: password.trim() })).user.role).toBe('ADMIN')
        await use(one.url, two.url)
        // Nothing of value is in the folders of the servers, which compose.yaml keeps in memory.
        for (const name of ['parley-1', 'parley-2'])
          expect(await readdir(join(folder.path, name)).catch(() => [])).toEqual([])
      },
      SLOW,
    )
  })
