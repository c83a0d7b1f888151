import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import type { Storage } from '../../src/ports/storage.ts'
import { TABLES } from '../../src/adapters/storage/sqlite/schema.ts'
import { kindsThat } from '../../src/domain/retention.ts'
import { Crash } from '../support/faults.ts'
import { id, range } from '../conformance/storage/subject.ts'
import { auditStore } from '../support/audit.ts'
import { group, said } from '../support/drafts.ts'
import { openFile } from '../support/sqlite.ts'

/** Rows of every kind that a purge deletes, and of the purges that are not done yet. */
const EMPTIED = [...kindsThat('purge', 'delete').map(kind => TABLES[kind]), 'purging']
const [alice, bob] = [id(), id()]
const purge = { event: 'conversation.deleted' as const }

/** Counts the transactions, and crashes before one of them if asked to. */
function watching() {
  const watch = {
    begun: 0,
    dies_at: Infinity,
    before(command: string) {
      if (command === 'BEGIN' && (watch.begun += 1) >= watch.dies_at) throw new Crash(command)
    },
  }
  return watch
}

/** A room with 2,000 messages that mention Bob; one is edited and pinned. */
async function fill(storage: Storage, room: string): Promise<string> {
  await storage.log.appendTo(room, [group(alice, bob)], {})
  const drafts = range(2_000).map(n => said(alice, `canary ${n}`, { client_id: `c${n}`, mentions: [bob] }))
  await Promise.all(drafts.map(draft => storage.log.appendTo(room, [draft], {})))
  const message_id = drafts[1_900]?.message.id ?? ''
  await storage.log.appendTo(room, [{ event: 'message.pinned', message_id, user_id: alice }], {})
  const patch = { content: 'canary, edited' }
  await storage.log.appendTo(room, [{ event: 'message.updated', message_id, patch }], {})
  return message_id
}

async function expectNothingShown({ messages, log }: Storage, room: string, message_id: string): Promise<void> {
  expect(await messages.find(message_id)).toBeNull()
  expect(await messages.findMany([message_id])).toEqual([])
  expect(await messages.findSent(room, alice, 'c1')).toBeNull()
  expect(await messages.latest([{ id: room, last_seq: 2_000 }])).toEqual([])
  expect(await messages.list(room, { ascending: true, limit: 10 })).toEqual([])
  expect(await messages.bySender(alice, null, 10)).toEqual([])
  expect(await messages.versions(message_id)).toEqual([])
  expect(await messages.pins(room, null, 10)).toEqual([])
  const entries = await log.read(room, 0, 5_000)
  expect(entries.map(entry => entry.change)).toEqual(range(2_004))
  expect(JSON.stringify(entries)).not.toContain('canary')
}

/** The number of rows of each table, and of log entries of conversations that are not blank. */
function remains(file: string): number[] {
  const raw = new Database(file, { readonly: true })
  const count = (sql: string) => raw.query<{ count: number }, []>(`SELECT count(*) AS count FROM ${sql}`).get()?.count
  const found = [...EMPTIED, "log WHERE seq IS NOT NULL AND data <> '{}'"].map(sql => count(sql) ?? -1)
  raw.close()
  return found
}
const NOTHING = [...EMPTIED, 'log'].map(() => 0)

test('a purge lets other changes run between its slices, and no read sees what is left', async () => {
  await using place = await openFile()
  const watch = watching()
  await using storage = await place.open(watch)
  const [room, other] = [id(), id()]
  await storage.log.appendTo(other, [group(bob)], {})
  const message_id = await fill(storage, room)
  watch.begun = 0
  const progress = { done: false }
  const purged = storage.log.appendTo(room, [purge], {}).then(answer => {
    progress.done = true
    return answer
  })
  let sent = 0
  for (; !progress.done; sent += 1) {
    await storage.log.appendTo(other, [said(bob, 'meanwhile')], {})
    await expectNothingShown(storage, room, message_id)
  }
  expect((await purged).outcome).toBe('committed')
  expect(watch.begun).toBeGreaterThan(5)
  expect(sent).toBeGreaterThan(3)
  await expectNothingShown(storage, room, message_id)
  await auditStore(storage, [room, other], [alice, bob])
})

test('a purge that was interrupted by a crash is completed at the next start', async () => {
  for (const dies_at of [1, 2, 3, 5]) {
    await using place = await openFile()
    const watch = watching()
    const doomed = await place.open(watch)
    const room = id()
    const message_id = await fill(doomed, room)
    watch.begun = 0
    watch.dies_at = dies_at
    const died = await doomed.log.appendTo(room, [purge], {}).then(
      () => false,
      () => true,
    )
    expect(died).toBe(true)
    await doomed[Symbol.asyncDispose]()
    await using storage = await place.open()
    if (dies_at === 1) expect(await storage.conversations.find(room)).not.toBeNull()
    else {
      await expectNothingShown(storage, room, message_id)
      expect(remains(place.file)).toEqual(NOTHING)
    }
  }
})

test('no send of a purged conversation is merged later', async () => {
  await using place = await openFile()
  const room = id()
  {
    await using storage = await place.open()
    await fill(storage, room)
    await storage.log.appendTo(room, [purge], {})
    expect((await storage.log.appendTo(room, [purge], {})).outcome).toBe('refused')
    const other = id()
    await storage.log.appendTo(other, [group(bob)], {})
    for (const round of range(24))
      await Promise.all(range(500).map(() => storage.log.appendTo(other, [said(bob, `on and on, ${round}`)], {})))
  }
  const raw = new Database(place.file, { readonly: true })
  const senders = raw.query<{ id: string }, []>('SELECT DISTINCT t.id FROM sends s JOIN streams t ON t.n = s.sender')
  expect(senders.all()).toEqual([{ id: bob }])
  raw.close()
})

test('a purge that is rolled back with its append purges nothing', async () => {
  await using place = await openFile()
  await using storage = await place.open()
  const room = id()
  await fill(storage, room)
  expect((await storage.log.appendTo(room, [purge, said(alice, 'too late')], {})).outcome).toBe('refused')
  await storage.sweep(new Date().toISOString())
  expect((await storage.messages.list(room, { ascending: true, limit: 5 })).map(message => message.seq)).toEqual(
    range(5),
  )
  await auditStore(storage, [room], [alice, bob])
})

test('every table of the store is of a kind that says what purges, sweeps, exports and deleted accounts do with it', async () => {
  await using place = await openFile()
  await (await place.open())[Symbol.asyncDispose]()
  const raw = new Database(place.file, { readonly: true })
  const tables = raw.query<{ name: string }, []>("SELECT name FROM sqlite_master WHERE type = 'table'").all()
  raw.close()
  const named = new Set([
    ...Object.values(TABLES),
    'meta',
    'streams',
    'purging',
    'followers',
    'marks',
    'follows',
    'counted',
  ])
  expect(tables.map(({ name }) => name).filter(name => !name.startsWith('sqlite_'))).toEqual(
    expect.arrayContaining([...named]),
  )
  expect(tables.filter(({ name }) => !name.startsWith('sqlite_') && !named.has(name))).toEqual([])
})
