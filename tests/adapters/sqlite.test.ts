import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { storageConformance } from '../conformance/storage/index.ts'
import { group, said } from '../support/drafts.ts'
import { openFile } from '../support/sqlite.ts'

storageConformance('SQLite', openFile)

test('a second process on the same file is refused', async () => {
  await using place = await openFile()
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

test('a file of a newer version is refused, and is not changed', async () => {
  await using place = await openFile()
  const { file, open } = place
  await (await open())[Symbol.asyncDispose]()
  const raw = new Database(file)
  raw.run('PRAGMA user_version = 99')
  expect(open()).rejects.toThrow('newer version (schema 99')
  expect(raw.query('PRAGMA user_version').get()).toEqual({ user_version: 99 })
  raw.close()
})

test('the text of a deleted message is no longer in the file', async () => {
  await using place = await openFile()
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

test('a sweep leaves no text of a deleted message in the write-ahead log', async () => {
  await using place = await openFile()
  await using storage = await place.open()
  const [alice, room] = [Bun.randomUUIDv7(), Bun.randomUUIDv7()]
  await storage.log.appendTo(room, [group(alice)], {})
  const secret = { ...said(alice, 'canary-4713'), digest: null }
  await storage.log.appendTo(room, [secret], {})
  await storage.log.appendTo(room, [{ event: 'message.deleted', message_id: secret.message.id }], {})
  await storage.sweep(new Date().toISOString())
  for (const file of [place.file, `${place.file}-wal`]) expect((await readFile(file)).includes('canary')).toBe(false)
  await storage.log.appendTo(room, [said(alice, 'and on')], {})
})

test('a sweep does not wait for readers of the file, and the next one empties the write-ahead log', async () => {
  await using place = await openFile()
  await using storage = await place.open()
  const [alice, room] = [Bun.randomUUIDv7(), Bun.randomUUIDv7()]
  const reader = new Database(place.file, { readonly: true })
  reader.run('BEGIN')
  reader.query('SELECT count(*) FROM log').get()
  await storage.log.appendTo(room, [group(alice)], {})
  const begun = performance.now()
  for (let sweep = 0; sweep < 10; sweep += 1) await storage.sweep(new Date().toISOString())
  // Each would wait for two seconds.
  expect(performance.now() - begun).toBeLessThan(10_000)
  reader.close()
  await storage.sweep(new Date().toISOString())
  expect((await readFile(`${place.file}-wal`)).length).toBe(0)
})

test('expired rows are found without reading the others', async () => {
  await using place = await openFile()
  await (await place.open())[Symbol.asyncDispose]()
  const raw = new Database(place.file)
  for (const table of ['sessions', 'tickets', 'cursors', 'jobs']) {
    const plan = raw.query<{ detail: string }, []>(`EXPLAIN QUERY PLAN DELETE FROM ${table} WHERE expires_at <= 'x'`)
    expect(plan.all().map(step => step.detail)).toEqual([expect.stringContaining(`USING INDEX ${table}_expiry`)])
  }
  raw.close()
})

test('public groups and invites are found without reading the others', async () => {
  await using place = await openFile()
  await (await place.open())[Symbol.asyncDispose]()
  const raw = new Database(place.file)
  const plan = (sql: string) =>
    raw
      .query<{ detail: string }, []>(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map(({ detail }) => detail)
      .join()
  const named = "public_name IS NOT NULL AND instr(public_name, 'x') > 0 AND id >= 'a'"
  expect(plan(`SELECT * FROM conversations WHERE ${named} ORDER BY id LIMIT 20`)).toContain('conversations_public')
  for (const [owner, index] of [
    ['conversation', 'invites_conversation'],
    ['created_by', 'invites_user'],
  ])
    expect(plan(`SELECT * FROM invites WHERE ${owner} = 1 AND id >= 'a' ORDER BY id LIMIT 20`)).toMatch(
      new RegExp(`USING INDEX ${index} (?!.*TEMP B-TREE)`),
    )
  raw.close()
})

test('every commit is synced', async () => {
  await using place = await openFile()
  const { file, open } = place
  await using storage = await open()
  await storage.health()
  const source = await readFile(join(import.meta.dir, '../../src/adapters/storage/sqlite/database.ts'), 'utf8')
  expect(source).toContain('PRAGMA synchronous = FULL')
  const raw = new Database(file, { readonly: true })
  expect(raw.query('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' })
  raw.close()
})
