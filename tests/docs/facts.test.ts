import { expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HEARTBEAT_MS } from '../../contracts/socket.ts'
import { SETTINGS } from '../../src/settings.ts'
import { MAX_WAITING } from '../../src/sdk/outbox.ts'
import { MAX_MESSAGES } from '../../src/sdk/store/state.ts'
import { startTestServer } from '../support/server.ts'
import { PAGES, ROOT } from './checkout.ts'

const read = (file: string) => Bun.file(join(ROOT, file)).text()
const unwrapped = async (file: string) => (await read(file)).replaceAll(/\s+/g, ' ')

test('the files of the data folder have the names that the documents give them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-names-'))
  try {
    await using server = await startTestServer({ settings: { PARLEY_DATA_DIR: folder, MONGODB_URL: '' } })
    const [deploy, configuration] = [await unwrapped('docs/deploy.md'), await unwrapped('docs/configuration.md')]
    const [, database = ''] = /sqlite3 (\S+) "PRAGMA/.exec(deploy) ?? []
    const [, kept = '', secret = ''] = /the database `(.+?)` and the signing `(.+?)`/.exec(configuration) ?? []
    expect([database, secret]).toEqual([kept, /is in its file `(.+?)`/.exec(deploy)?.[1] ?? ''])
    expect(server.url).toStartWith('http://127.0.0.1:')
    expect(await readdir(folder)).toEqual(expect.arrayContaining([database, secret]))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('every setting that a document, an image or a compose file names exists', async () => {
  const known = new Set([...Object.keys(SETTINGS), 'PARLEY_TEST_STACK'])
  const named = await Promise.all(
    [...PAGES, 'compose.yaml', 'Dockerfile'].map(async file =>
      [...(await read(file)).matchAll(/\b(?:PARLEY_[A-Z_]*[A-Z]|[A-Z]+_URL)\b/g)].map(([name]) => name),
    ),
  )
  // `NAME_FILE` names the file of the setting `NAME`.
  expect(named.flat().filter(name => !known.has(name.replace(/_FILE$/, '')))).toEqual([])
})

test('docs/architecture.md names every file and folder of src, docs/testing.md every folder of tests', async () => {
  const [architecture, testing] = [await read('docs/architecture.md'), await read('docs/testing.md')]
  const missing: string[] = []
  for (const entry of await readdir(join(ROOT, 'src'), { withFileTypes: true })) {
    const name = `\`src/${entry.name}${entry.isDirectory() ? '/' : ''}\``
    if (!architecture.includes(name)) missing.push(name)
  }
  for (const entry of await readdir(join(ROOT, 'tests'), { withFileTypes: true }))
    if (entry.isDirectory() && !testing.includes(`\`tests/${entry.name}\``)) missing.push(entry.name)
  expect(missing).toEqual([])
})

test('every file that docs/architecture.md names as deciding something exists and contains the named functions', async () => {
  const [, section = ''] = (await read('docs/architecture.md')).split('## Where it is decided')
  const places = [...section.matchAll(/`((?:src|contracts)\/[^`]+\.ts)`: (`[^`]+`(?:, `[^`]+`)*)/g)]
  expect(places.length).toBeGreaterThan(20)
  const missing: string[] = []
  for (const [, file = '', names = ''] of places) {
    const text = existsSync(join(ROOT, file)) ? await read(file) : ''
    for (const [, name = ''] of names.matchAll(/`([^`]+)`/g))
      if (!new RegExp(`(?<![\\w#])${name}\\b`).test(text)) missing.push(`${file}: ${name}`)
  }
  expect(missing).toEqual([])
})

test('every document that a comment cites exists', async () => {
  const missing: string[] = []
  for (const file of new Bun.Glob('{contracts,src,scripts,tests}/**/*.ts').scanSync(ROOT))
    for (const [path] of (await read(file)).matchAll(/\b[a-z]+\/[\w/.-]+\.md\b/g))
      if (!existsSync(join(ROOT, path))) missing.push(`${file}: ${path}`)
  expect(missing).toEqual([])
})

test('limits that are said in words are those of the code', async () => {
  const [client, deploy] = [await unwrapped('docs/client.md'), await unwrapped('docs/deploy.md')]
  expect(client).toContain(`At most ${MAX_WAITING.toLocaleString('en')} wait`)
  expect(client).toContain(`It keeps ${MAX_MESSAGES.toLocaleString('en')} messages`)
  expect(deploy).toContain(`the heartbeat of ${HEARTBEAT_MS / 1000} seconds`)
})

test('every Bun that a file names is the one that package.json pins', async () => {
  const { devDependencies, engines } = JSON.parse(await read('package.json')) as Record<string, { bun: string }>
  const named = [...(await read('Dockerfile')).matchAll(/oven\/bun:([\d.]+)/g)].map(([, version]) => version)
  expect(new Set([...named, engines?.bun])).toEqual(new Set([devDependencies?.bun]))
})

test('the GitHub workflow runs .ci/run, and on MongoDB the suites that .ci/run runs there', async () => {
  const { jobs } = Bun.YAML.parse(await read('.github/workflows/ci.yml')) as {
    jobs: Record<string, { steps: { run?: string }[] }>
  }
  const commands = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []))
  expect(commands).toContain('.ci/run')
  expect(commands).toContain('npx bun run test:mongo')
})

test('the code that docs/style.md shows is in the code', async () => {
  const plain = (text: string) => text.replaceAll(/\s+/g, ' ').trim()
  const code = plain((await Promise.all([...new Bun.Glob('src/features/**/*.ts').scanSync(ROOT)].map(read))).join('\n'))
  const shown = [...(await read('docs/style.md')).matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, text = '']) =>
    plain(text),
  )
  expect(shown.length).toBeGreaterThan(0)
  expect(shown.filter(text => !code.includes(text))).toEqual([])
})
