import { expect, test } from 'bun:test'
import { openSqlite } from '../../src/adapters/storage/sqlite/open.ts'
import { auditStore } from '../support/audit.ts'
import { group, said } from '../support/drafts.ts'
import { openFile } from '../support/sqlite.ts'

test("a conversation's time of activity stays where it is while the clock of the server is behind it", async () => {
  await using place = await openFile()
  let now = '2026-11-24T10:00:00.000Z'
  await using storage = await openSqlite({ file: place.file, clock: () => new Date(now) })
  const [alice, room, other] = [Bun.randomUUIDv7(), Bun.randomUUIDv7(), Bun.randomUUIDv7()]
  await storage.log.appendTo(other, [group(alice)], {})
  await storage.log.appendTo(room, [group(alice)], {})
  await storage.log.appendTo(room, [said(alice, 'before the clock goes back')], {})
  now = '2026-11-24T09:00:00.000Z'
  await storage.log.appendTo(room, [said(alice, 'after it')], {})
  await storage.log.appendTo(room, [{ event: 'conversation.updated', actor_id: alice, patch: { name: 'Attic' } }], {})
  expect(await storage.conversations.find(room)).toMatchObject({ active_at: '2026-11-24T10:00:00.000Z', last_seq: 3 })
  now = '2026-11-24T10:00:00.001Z'
  await storage.log.appendTo(room, [said(alice, 'after the time is reached again')], {})
  expect(await storage.conversations.find(room)).toMatchObject({ active_at: now })
  await auditStore(storage, [room, other], [alice])
})
