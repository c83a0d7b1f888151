import { expect, test } from 'bun:test'
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStorage } from '../../src/adapters/open.ts'
import { person } from '../conformance/storage/subject.ts'

/** The modes of a new folder and of the database's files in it, while the store is open. */
async function modesIn(data_dir: string): Promise<Record<string, string>> {
  const umask = process.umask(0o022)
  try {
    await using storage = await openStorage({ mongodb_url: null, data_dir })
    await storage.users.create(person(`ada-${crypto.randomUUID()}`))
    const names = (await readdir(data_dir)).filter(name => name.startsWith('parley'))
    const modes = await Promise.all(names.map(async name => [name, await modeOf(join(data_dir, name))]))
    return Object.fromEntries([...modes, ['.', await modeOf(data_dir)]]) as Record<string, string>
  } finally {
    process.umask(umask)
  }
}

async function modeOf(file: string): Promise<string> {
  return ((await stat(file)).mode & 0o777).toString(8)
}

const FILES = {
  'parley.sqlite': '600',
  'parley.sqlite-wal': '600',
  'parley.sqlite-shm': '600',
  'parley.sqlite.lock': '600',
  'parley.sqlite.lock-journal': '600',
}

test('the files of the database are for their owner only, in a new folder and in one that others may read', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-modes-'))
  const shared = join(folder, 'shared')
  await mkdir(shared, { mode: 0o755 })
  await writeFile(join(shared, 'other'), 'of somebody else')
  await chmod(shared, 0o755)
  expect(await modesIn(join(folder, 'deep', 'data'))).toEqual({ ...FILES, '.': '700' })
  expect(await modesIn(shared)).toEqual({ ...FILES, '.': '755' })
  for (const name of (await readdir(shared)).filter(name => name.startsWith('parley')))
    await chmod(join(shared, name), 0o644)
  expect(await modesIn(shared)).toEqual({ ...FILES, '.': '755' })
  await rm(folder, { recursive: true })
})
