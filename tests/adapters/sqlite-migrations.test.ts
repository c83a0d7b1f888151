import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { rename, rm } from 'node:fs/promises'
import { MIGRATIONS } from '../../src/adapters/storage/sqlite/schema.ts'
import { marker, MAX_TOMBSTONES } from '../../src/domain/unread.ts'
import type { Storage } from '../../src/ports/storage.ts'
import { id, range } from '../conformance/storage/subject.ts'
import { auditStore } from '../support/audit.ts'
import { group, said } from '../support/drafts.ts'
import { openFile } from '../support/sqlite.ts'

const [ada, bob, cy] = [id(), id(), id()]

/** A room with more deleted messages than its row lists, system messages, mentions and a marker that was set back. */
async function fill({ log }: Storage, room: string): Promise<void> {
  await log.appendTo(room, [group(ada, bob, cy)], {})
  const drafts = range(2 * MAX_TOMBSTONES + 20).map(n => said(n % 3 ? ada : bob, `${n}`, { mentions: [cy, bob] }))
  await Promise.all(drafts.map(draft => log.appendTo(room, [draft], {})))
  await log.appendTo(room, [{ event: 'conversation.updated', actor_id: ada, patch: { name: 'Attic' } }], {})
  await Promise.all(
    drafts
      .filter((_draft, index) => index % 2 === 0)
      .map(({ message }) => log.appendTo(room, [{ event: 'message.deleted', message_id: message.id }], {})),
  )
  await log.appendToUser(cy, { event: 'read.updated', conversation_id: room, seq: 100, kind: 'read' })
  await log.appendToUser(bob, { event: 'read.updated', conversation_id: room, seq: 7, kind: 'unread' })
  await log.appendTo(room, [said(ada, 'the last one', { mentions: [cy] })], {})
}

/** Makes a file what it would be if it had been written before the later migrations: its rows in the first schema. */
async function asFirstSchema(file: string): Promise<void> {
  const old = `${file}.old`
  const raw = new Database(old)
  raw.run(MIGRATIONS[0] ?? '')
  raw.run('PRAGMA user_version = 1')
  raw.run('ATTACH ? AS today', [file])
  const tables = raw.query<{ name: string }, []>(
    "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
  )
  for (const { name } of tables.all()) {
    const columns = raw.query<{ name: string }, [string]>("SELECT name FROM pragma_table_info(?, 'main')").all(name)
    const list = columns.map(column => column.name).join(', ')
    raw.run(`INSERT INTO main.${name} (${list}) SELECT ${list} FROM today.${name}`)
  }
  raw.run('DETACH today')
  raw.close()
  for (const part of ['', '-wal', '-shm']) await rm(`${file}${part}`, { force: true })
  await rename(old, file)
}

test('a file without stored unread numbers gets those that it would have had', async () => {
  await using place = await openFile()
  const [room, quiet] = [id(), id()]
  const before = await place.open()
  await fill(before, room)
  await before.log.appendTo(quiet, [group(ada)], {})
  const written = await numbers(before, room)
  expect(written.conversation?.tombstones_cut).toBeGreaterThan(0)
  await before[Symbol.asyncDispose]()
  await asFirstSchema(place.file)
  await using after = await place.open()
  expect(await numbers(after, room)).toEqual(written)
  await auditStore(after, [room, quiet], [ada, bob, cy])
  const raw = new Database(place.file, { readonly: true })
  expect(raw.query('PRAGMA user_version').get()).toEqual({ user_version: MIGRATIONS.length })
  raw.close()
})

async function numbers({ conversations, members, messages }: Storage, room: string) {
  const conversation = await conversations.find(room)
  const all = await members.list(room, { ascending: true, limit: 10 })
  const unread = await Promise.all(
    all.map(async member => conversation && members.unread(member.user_id, [{ member, conversation }])),
  )
  const list = await messages.list(room, { ascending: true, limit: 1_000 })
  return { conversation, markers: all.map(marker), unread, countable: list.map(message => message.countable) }
}
