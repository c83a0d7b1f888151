import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Storage } from '../../src/ports/storage.ts'
import { Crash } from '../../src/ports/storage-fault.ts'
import { openSqlite } from '../../src/adapters/storage/sqlite/open.ts'
import { storageConformance, type Subject } from '../conformance/storage/index.ts'
import { group, said } from '../support/drafts.ts'

interface FileSubject extends Subject {
  file: string
}

async function subject(): Promise<FileSubject> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-sqlite-'))
  const file = join(folder, 'parley.sqlite')
  return {
    file,
    open: fault => openSqlite({ file, ...(fault ? { fault } : {}) }),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

storageConformance('SQLite', subject)

test('a second process on the same file is refused', async () => {
  await using place = await subject()
  const { file, open } = place
  const first = await open()
  expect(open()).rejects.toThrow('in use by another process')
  const program = `import { openSqlite } from '${import.meta.dir}/../../src/adapters/storage/sqlite/open.ts'
    await openSqlite({ file: '${file}' })`
  const { exitCode, stderr } = Bun.spawnSync([process.execPath, '-e', program])
  expect(exitCode).not.toBe(0)
  expect(stderr.toString()).toContain('in use by another process')
  await first[Symbol.asyncDispose]()
  await using again = await open()
  expect(again.epoch).not.toBe('')
})

test('a file that a newer version wrote is refused, and stays as it is', async () => {
  await using place = await subject()
  const { file, open } = place
  await (await open())[Symbol.asyncDispose]()
  const raw = new Database(file)
  raw.run('PRAGMA user_version = 99')
  expect(open()).rejects.toThrow('newer version (schema 99')
  expect(raw.query('PRAGMA user_version').get()).toEqual({ user_version: 99 })
  raw.close()
})

test('the text of a deleted message is not in the file any more', async () => {
  await using place = await subject()
  const { file, open } = place
  const storage = await open()
  const [alice, room] = [Bun.randomUUIDv7(), Bun.randomUUIDv7()]
  await storage.log.appendTo(room, [group(alice)], {})
  const secret = { ...said(alice, 'canary-4711'), digest: null }
  await storage.log.appendTo(room, [secret], {})
  const message_id = secret.message.id
  await storage.log.appendTo(room, [{ event: 'message.updated', message_id, patch: { content: 'canary-4712' } }], {})
  await storage.log.appendTo(room, [{ event: 'message.deleted', message_id }], {})
  await storage[Symbol.asyncDispose]()
  expect((await readFile(file)).includes('canary-471')).toBe(false)
})

test('one append that fails takes nobody with it', async () => {
  await using place = await subject()
  const { open } = place
  await using storage = await open()
  const [alice, room] = [Bun.randomUUIDv7(), Bun.randomUUIDv7()]
  await storage.log.appendTo(room, [group(alice)], {})
  const same = said(alice, 'first')
  const sends = [said(alice, 'before'), same, said(alice, 'copy', { id: same.message.id }), said(alice, 'after')]
  const results = await Promise.allSettled(sends.map(draft => storage.log.appendTo(room, [draft], {})))
  expect(results.map(result => result.status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
  const list = await storage.messages.list(room, { ascending: true, limit: 10 })
  expect(list.map(({ seq, content }) => [seq, content])).toEqual([
    [1, 'before'],
    [2, 'first'],
    [3, 'after'],
  ])
})

test('every commit is synced', async () => {
  await using place = await subject()
  const { file, open } = place
  await using storage = await open()
  await storage.health()
  const source = await readFile(join(import.meta.dir, '../../src/adapters/storage/sqlite/database.ts'), 'utf8')
  expect(source).toContain('PRAGMA synchronous = FULL')
  const raw = new Database(file, { readonly: true })
  expect(raw.query('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' })
  raw.close()
})

test('a repeated send is recognised before, during and after a merge of the sends, also after a crash in it', async () => {
  await using place = await subject()
  const { open } = place
  const people = Array.from({ length: 20 }, () => Bun.randomUUIDv7())
  const [room, count] = [Bun.randomUUIDv7(), 10_000]
  const draftOf = (index: number) => said(people[index % 20] ?? '', `${index}`, { client_id: `c${index}` })
  let merges = 0
  const fault = {
    before(command: string) {
      // In the middle of the second slice.
      if (command.startsWith('INSERT OR IGNORE INTO') && (merges += 1) === 700) throw new Crash(command)
    },
  }
  const send = async (storage: Storage, from: number, to: number) => {
    for (let index = from; index < to; index += 500)
      await Promise.all(
        Array.from({ length: 500 }, (_, each) => storage.log.appendTo(room, [draftOf(index + each)], {})),
      )
  }
  const expectKnown = async (storage: Storage, stored: number) => {
    for (let index = 0; index < stored; index += 97)
      expect((await storage.log.appendTo(room, [draftOf(index)], {})).outcome).toBe('repeat')
    const mine = await storage.messages.bySender(people[3] ?? '', null, count)
    expect(mine.filter(message => message.type === 'text')).toHaveLength(stored / 20)
  }

  const doomed = await open(fault)
  await doomed.log.appendTo(room, [group(people[0] ?? '', ...people.slice(1))], {})
  await send(doomed, 0, count).catch(() => undefined)
  expect(merges).toBe(700)
  await doomed[Symbol.asyncDispose]()

  const storage = await open()
  const stored = (await storage.conversations.find(room))?.last_seq ?? 0
  expect(stored).toBeGreaterThan(8_000)
  await expectKnown(storage, stored)
  await send(storage, stored, stored + 10_000)
  await expectKnown(storage, stored + 10_000)
  await storage[Symbol.asyncDispose]()
  await using again = await open()
  await expectKnown(again, stored + 10_000)
}, 30_000)
