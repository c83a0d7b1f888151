import { Database } from 'bun:sqlite'
import { expect, spyOn, test } from 'bun:test'
import { unreadTotals } from '../../src/features/conversations/unread-totals.ts'
import type { Storage } from '../../src/ports/storage.ts'
import { group, said } from '../support/drafts.ts'
import { openFile } from '../support/sqlite.ts'

const id = () => Bun.randomUUIDv7()

test('SQLite: totals read as many rows for 1,000 unread conversations as for 10, whatever is unread in them', async () => {
  await using place = await openFile()
  using reads = countingReads()
  await using storage = await place.open()
  const [ada, bob] = [id(), id()]
  const rooms = Array.from({ length: 1_000 }, id)
  await Promise.all(rooms.map(room => storage.log.appendTo(room, [group(ada, bob)], {})))
  await say(storage, rooms.slice(0, 10), ada, 1)
  const few = await cost(storage, bob, reads.count)
  await say(storage, rooms, ada, 3)
  const many = await cost(storage, bob, reads.count)
  expect(few.totals).toMatchObject({ unread_count: 10, unread_conversations: 10 })
  expect(many.totals).toMatchObject({ unread_count: 3_010, unread_conversations: 1_000 })
  expect(many.statements).toBe(few.statements)
  expect(many.rows).toBe(few.rows)
  expect(few.statements).toBeGreaterThan(0)
  expect(many.statements).toBeLessThan(10)
})

async function say({ log }: Storage, rooms: readonly string[], user_id: string, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1)
    await Promise.all(rooms.map(room => log.appendTo(room, [said(user_id, `${time}`)], {})))
}

/** Counts the statements that read, and the rows that they gave, of the databases opened meanwhile. */
function countingReads() {
  const count = { statements: 0, rows: 0 }
  const { prepare } = Database.prototype
  function counted(this: Database, sql: string) {
    const statement = prepare.call(this, sql)
    const { all, get } = statement
    statement.all = (...values) => {
      const rows = all.apply(statement, values)
      count.statements += 1
      count.rows += rows.length
      return rows
    }
    statement.get = (...values) => {
      count.statements += 1
      count.rows += 1
      return get.apply(statement, values)
    }
    return statement
  }
  // The statement is the one that was prepared, of whatever row it is.
  const spy = spyOn(Database.prototype, 'prepare').mockImplementation(counted as Database['prepare'])
  return { count, [Symbol.dispose]: () => spy.mockRestore() }
}

async function cost(storage: Storage, user_id: string, count: { statements: number; rows: number }) {
  Object.assign(count, { statements: 0, rows: 0 })
  const totals = await unreadTotals(storage, user_id, new Date())
  return { totals, ...count }
}
