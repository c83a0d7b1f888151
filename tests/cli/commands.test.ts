import { afterAll, expect, test } from 'bun:test'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Refused, UsageError } from '../../src/cli/command.ts'
import { COMMANDS } from '../../src/cli/commands.ts'
import { runCommand } from '../../src/cli/index.ts'
import { ConfigError, readConfig } from '../../src/config.ts'
import { openLogger } from '../../src/logger.ts'
import { createClient, ParleyError } from '../../src/sdk/index.ts'
import { startServer } from '../../src/server.ts'
import { SETTINGS } from '../../src/settings.ts'
import { openTestMeili } from '../support/meili.ts'
import { databaseUrl, dropDatabase, stack } from '../support/server.ts'
import { until } from '../support/until.ts'

const PASSWORD = 'a fine long passphrase'
const opened: AsyncDisposable[] = []
afterAll(async () => {
  for (const each of opened) await each[Symbol.asyncDispose]()
})

/** An installation that no server has used yet, on the store of the stack, and the commands that an operator gives there. */
async function openInstallation() {
  const data_dir = await mkdtemp(join(tmpdir(), 'parley-cli-'))
  const database = `parley_test_${crypto.randomUUID().replaceAll('-', '')}`
  const environment: Record<string, string> = {
    PORT: '0',
    PARLEY_DATA_DIR: data_dir,
    PARLEY_RATE_AUTH: '0',
    ...(stack === 'mongo' ? { MONGODB_URL: databaseUrl(database) } : {}),
  }
  opened.push({
    async [Symbol.asyncDispose]() {
      await rm(data_dir, { recursive: true })
      if (stack === 'mongo') await dropDatabase(database)
    },
  })
  return {
    environment,
    parley: (...args: string[]) => run(args, environment),
    serve: () => startServer(readConfig(environment), { logger: openLogger('silent') }),
  }
}

async function run(args: string[], environment: Record<string, string> = {}) {
  const lines: string[] = []
  const code = await runCommand(args, { environment, say: (...said) => void lines.push(...said) })
  return { code, lines, password: /shown this once: (\S+)$/m.exec(lines.join('\n'))?.[1] ?? '' }
}

function codeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'fulfilled',
    (error: unknown) => (error instanceof ParleyError ? error.code : String(error)),
  )
}

test('parley --help lists every command and setting, and each command has a page of its own', async () => {
  const { code, lines } = await run(['--help'])
  expect(code).toBe(0)
  for (const name of [...Object.keys(COMMANDS), ...Object.keys(SETTINGS)]) expect(lines.join('\n')).toContain(name)
  for (const [name, { usage, summary }] of Object.entries(COMMANDS)) {
    const page = await run([name, '--help'])
    expect([page.code, page.lines[0]]).toEqual([0, `Usage: parley ${name} ${usage}`.trim()])
    expect(page.lines.join('\n')).toContain(summary)
  }
})

test('an unknown command, option or argument is a wrong use and not carried out', async () => {
  const { environment } = await openInstallation()
  const wrong = [
    ['nonsense'],
    ['toString'],
    ['migrate', 'more'],
    ['serve', '--prot'],
    ['check-config', '--nonsense'],
    ['backup'],
    ['backup', 'folder'],
    ['restore'],
    ['restore', 'one', 'other'],
    ['restore', 'one', '--new-epoch'],
    ['move'],
    ['move', 'folder'],
    ['reindex', 'more'],
    ['admin'],
    ['admin', 'create'],
    ['admin', 'create', 'ada', 'grace'],
    ['admin', 'remove', 'ada'],
    ['admin', 'reset', 'ada', '--email', 'ada@example.com'],
  ]
  for (const args of wrong) expect(run(args, environment)).rejects.toBeInstanceOf(UsageError)
  expect(run(['migrate'], { ...environment, PARLEY_BOGUS: '1' })).rejects.toBeInstanceOf(ConfigError)
})

test('migrate says what it did, and the second time that there is nothing to do', async () => {
  const { parley } = await openInstallation()
  const first = await parley('migrate')
  expect(first).toMatchObject({ code: 0, lines: [expect.stringMatching(/created with schema \d+$/)] })
  expect(await parley('migrate')).toMatchObject({ code: 0, lines: [expect.stringContaining('already')] })
})

test('admin create makes an ADMIN who can sign in, also as the first user of an empty store', async () => {
  const { parley, serve } = await openInstallation()
  const { password } = await parley('admin', 'create', 'Grace', '--email', 'grace@example.com')
  expect(parley('admin', 'create', 'grace')).rejects.toThrow(
    new Refused('the username is taken (reset sets a new password)'),
  )
  expect(parley('admin', 'create', 'g')).rejects.toBeInstanceOf(Refused)
  expect(parley('admin', 'create', 'hopper', '--email', 'GRACE@example.com')).rejects.toBeInstanceOf(Refused)
  expect(parley('admin', 'create', 'hopper', '--email', 'nonsense')).rejects.toBeInstanceOf(Refused)
  await using server = await serve()
  const { user } = await createClient({ url: server.url }).auth.login({ username: 'grace', password })
  expect(user).toMatchObject({ username: 'Grace', role: 'ADMIN' })
  expect((await server.storage.users.list({}, { ascending: true, limit: 10 })).length).toBe(1)
})

test('admin reset sets a new password and ends the sessions, beside a server only on MongoDB', async () => {
  const { parley, serve } = await openInstallation()
  const old = await parley('admin', 'create', 'grace')
  let server = await serve()
  const client = createClient({ url: server.url })
  await client.auth.login({ username: 'grace', password: old.password })
  if (stack !== 'mongo') {
    expect(parley('admin', 'reset', 'grace')).rejects.toThrow(/^PARLEY_DATA_DIR: .*in use by another process.*stop/)
    await server.stop()
  }
  const { password } = await parley('admin', 'reset', 'GRACE')
  expect(parley('admin', 'reset', 'nobody')).rejects.toBeInstanceOf(Refused)
  if (stack !== 'mongo') server = await serve()
  await using running = server
  const again = createClient({ url: running.url })
  expect(await codeOf(again.auth.login({ username: 'grace', password: old.password }))).toBe('invalid_credentials')
  expect(await codeOf(again.auth.login({ username: 'grace', password }))).toBe('fulfilled')
  if (stack === 'mongo')
    await until(async () => (await codeOf(client.users.me())) === 'unauthenticated', 'the old session has ended')
})

test('check-config names each dependency that fails, prints no secret and changes nothing', async () => {
  const { environment } = await openInstallation()
  const folder = environment['PARLEY_DATA_DIR'] ?? ''
  const settings = {
    ...environment,
    PARLEY_DATA_DIR: join(folder, 'not/yet'),
    PARLEY_SECRET: 'canary-secret-of-more-than-32-bytes',
    PARLEY_ADMIN_PASSWORD: '100% canary',
    MONGODB_URL: 'mongodb://ada:canary%21@127.0.0.1:9/parley?nonsense=canary',
    REDIS_URL: 'redis://:canary@127.0.0.1:9',
    S3_ENDPOINT: 'http://127.0.0.1:9',
    S3_ACCESS_KEY: 'ada',
    S3_SECRET_KEY: 'canary',
    MEILI_URL: 'http://127.0.0.1:9',
    MEILI_MASTER_KEY: 'canary',
    PARLEY_FCM_ACCOUNT: join(folder, 'account.json'),
  }
  await Bun.write(settings.PARLEY_FCM_ACCOUNT, 'canary')
  const { code, lines } = await run(['check-config'], settings)
  expect(code).toBe(1)
  expect(lines.map(line => line.replace(/(failed): .*/, '$1'))).toEqual([
    'Settings: valid',
    'PARLEY_DATA_DIR: usable',
    'MONGODB_URL: failed',
    'S3_ENDPOINT: failed',
    'REDIS_URL: failed',
    'MEILI_URL: failed',
    'PARLEY_FCM_ACCOUNT: failed',
  ])
  expect(lines.join('\n')).not.toContain('canary')
  expect([...new Bun.Glob('**').scanSync(folder)]).toEqual(['account.json'])
})

test('backup and restore copy an installation into another place, and refuse to overwrite anything', async () => {
  const first = await openInstallation()
  await using server = await first.serve()
  const client = createClient({ url: server.url })
  await client.auth.register({ username: 'ada', email: 'ada@example.com', password: PASSWORD })
  await using parent = await temporary()
  const folder = join(parent.path, 'backup')
  expect(await first.parley('backup', '--to', folder)).toMatchObject({
    code: 0,
    lines: [expect.stringMatching(/^Backup: .* rows and 0 files/)],
  })
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  for (const entry of entries.filter(each => each.isFile()))
    expect((await stat(join(entry.parentPath, entry.name))).mode & 0o077).toBe(0)
  expect(first.parley('backup', '--to', folder)).rejects.toBeInstanceOf(Refused)
  expect(first.parley('restore', folder)).rejects.toBeInstanceOf(Refused)
  const second = await openInstallation()
  expect(second.parley('restore', parent.path)).rejects.toBeInstanceOf(Refused)
  expect(await second.parley('restore', folder)).toMatchObject({ code: 0 })
  expect(second.parley('restore', folder)).rejects.toBeInstanceOf(Refused)
  await using restored = await second.serve()
  const { epoch } = restored.storage
  expect(epoch).not.toBe(server.storage.epoch)
  const again = createClient({ url: restored.url })
  expect((await again.auth.login({ username: 'ada', password: PASSWORD })).user.username).toBe('ada')
  await restored.stop()
  expect(await second.parley('restore', '--new-epoch')).toMatchObject({ code: 0 })
  await using renewed = await second.serve()
  expect(renewed.storage.epoch).not.toBe(epoch)
})

test('backup and a new epoch are refused where there is no store, and a new epoch beside a server', async () => {
  const { parley, serve } = await openInstallation()
  await using parent = await temporary()
  expect(parley('backup', '--to', join(parent.path, 'a/backup'))).rejects.toBeInstanceOf(Refused)
  expect(await readdir(parent.path)).toEqual([])
  expect(parley('restore', '--new-epoch')).rejects.toBeInstanceOf(Refused)
  await using _ = await serve()
  expect(parley('restore', '--new-epoch')).rejects.toBeInstanceOf(Refused)
})

test('move and its script say in one line, without a stack, that a store is missing', async () => {
  const { environment } = await openInstallation()
  await using parent = await temporary()
  const { MONGODB_URL: _, ...embedded } = environment
  const entries = [['src/main.ts', 'move'], ['scripts/ops/migrate-store.ts']]
  const move = (env: Record<string, string>) =>
    Promise.all(entries.map(entry => endOf([process.execPath, ...entry, '--from', parent.path], env)))
  const unset = { code: 2, output: '', errors: 'MONGODB_URL: must name the store to move to\n' }
  expect(await move({ ...embedded, MONGODB_URL: '' })).toEqual([unset, unset])
  // No server is asked before the old store is found.
  const missing = { code: 1, output: '', errors: `there is no store at ${join(parent.path, 'parley.sqlite')}\n` }
  expect(await move({ ...environment, MONGODB_URL: 'mongodb://127.0.0.1:9' })).toEqual([missing, missing])
  expect(await readdir(parent.path)).toEqual([])
})

test('reindex has the server that runs build the index anew, and waits for it', async () => {
  const { parley, serve, environment } = await openInstallation()
  await using server = await serve()
  const client = createClient({ url: server.url })
  await client.auth.register({ username: 'ada', email: 'ada@example.com', password: PASSWORD })
  const room = await client.conversations.create({ type: 'group', name: 'Notes', participant_ids: [] })
  await client.messages.send({ conversation_id: room.id, content: 'found again' })
  const finds = async () => (await client.search.messages({ q: 'again' })).data.length === 1
  await until(finds, 'the message is found')
  const folder = join(environment['PARLEY_DATA_DIR'] ?? '', 'search')
  const files = async () => (await readdir(folder)).filter(name => name.endsWith('.sqlite'))
  const before = await files()
  expect(await parley('reindex')).toMatchObject({ code: 0, lines: ['The index was built anew.'] })
  expect(await files()).toHaveLength(1)
  expect(await files()).not.toEqual(before)
  expect(await finds()).toBe(true)
})

test('reindex fills Meilisearch itself and says how many messages it has', async () => {
  await using meili = openTestMeili()
  const { environment, serve, parley } = await openInstallation()
  const settings = { MEILI_URL: meili.url, MEILI_MASTER_KEY: meili.key ?? '', MEILI_INDEX: meili.index }
  Object.assign(environment, settings)
  {
    await using server = await serve()
    const client = createClient({ url: server.url })
    await client.auth.register({ username: 'ada', email: 'ada@example.com', password: PASSWORD })
    const room = await client.conversations.create({ type: 'group', name: 'Notes', participant_ids: [] })
    for (const content of ['one', 'two']) await client.messages.send({ conversation_id: room.id, content })
  }
  expect(await parley('reindex')).toMatchObject({ code: 0, lines: ['The index has 2 messages.'] })
})

test('check-config finds what the server could use', async () => {
  const { environment, parley } = await openInstallation()
  expect(await parley('check-config')).toEqual({
    code: 0,
    lines: ['Settings: valid', ...['PARLEY_DATA_DIR', ...(stack === 'mongo' ? ['MONGODB_URL'] : [])].map(usable)],
    password: '',
  })
  const redis = process.env['REDIS_URL']
  if (stack === 'mongo' && redis) {
    const { lines } = await run(['check-config'], { ...environment, REDIS_URL: redis })
    expect(lines).toContain(usable('REDIS_URL'))
  }
  const file = join(environment['PARLEY_DATA_DIR'] ?? '', 'file')
  await Bun.write(file, '')
  for (const PARLEY_DATA_DIR of [file, join(file, 'below')]) {
    const { code, lines } = await run(['check-config'], { ...environment, PARLEY_DATA_DIR })
    expect([code, lines[1]]).toEqual([1, expect.stringMatching(/^PARLEY_DATA_DIR: failed/)])
  }
})

function usable(setting: string): string {
  return `${setting}: usable`
}

async function endOf(command: string[], env: Record<string, string>) {
  const child = Bun.spawn(command, { cwd: join(import.meta.dir, '../..'), env, stdout: 'pipe', stderr: 'pipe' })
  const [output, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return { code: await child.exited, output, errors }
}

async function temporary() {
  const path = await mkdtemp(join(tmpdir(), 'parley-backups-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}
