import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dir, '../..')
const DRIVERS = ['bson', 'ioredis', 'meilisearch', 'minio', 'mongodb']

const SERVE = `
await import('./src/cli/index.ts')
const { readConfig } = await import('./src/config.ts')
const { startServer } = await import('./src/server.ts')
await using server = await startServer(readConfig(process.env))
`

/** The packages of which a process has loaded a module once it ran the program. Its own process: other suites load drivers here. */
async function loadedBy(program: string): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-loaded-'))
  const child = Bun.spawn(
    [process.execPath, '-e', `${program}\nconsole.log(JSON.stringify(Object.keys(require.cache)))`],
    {
      cwd: ROOT,
      env: { PATH: process.env['PATH'], PARLEY_DATA_DIR: folder, PORT: '0', PARLEY_LOG_LEVEL: 'error' },
      stderr: 'inherit',
    },
  )
  const printed = await new Response(child.stdout).text()
  await child.exited
  await rm(folder, { recursive: true, force: true })
  const files = JSON.parse(printed) as string[]
  return files.flatMap(file => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? [])
}

test('the embedded default loads no driver of another server', async () => {
  const loaded = new Set(await loadedBy(SERVE))
  expect(loaded).toContain('elysia')
  expect(DRIVERS.filter(name => loaded.has(name))).toEqual([])
})

test('a driver that is loaded is found', async () => {
  expect(await loadedBy("await import('./src/adapters/storage/mongo/open.ts')")).toContain('mongodb')
})
