import { Database, SQLiteError } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import type { Db, Value } from '../../src/adapters/storage/sqlite/database.ts'
import { openSqlite } from '../../src/adapters/storage/sqlite/open.ts'
import { Unavailable } from '../../src/ports/storage.ts'
import { group, said } from '../support/drafts.ts'
import { openFile } from '../support/sqlite.ts'

/** What SQLite throws where there is no room. */
function outOfSpace(): SQLiteError {
  using database = new Database(':memory:')
  database.run('CREATE TABLE t (text)')
  database.run('PRAGMA max_page_count = 2')
  try {
    database.run('INSERT INTO t VALUES (zeroblob(100000))')
  } catch (error) {
    if (error instanceof SQLiteError) return error
  }
  throw new Error('there was room')
}

test('a store whose last commit failed for space is not healthy until there is room for sends again', async () => {
  await using place = await openFile()
  const full = outOfSpace()
  expect(full.code).toBe('SQLITE_FULL')
  let [room_left, grows] = [true, false]
  /** Without room it still takes a row that replaces another one, as a health check writes it. */
  const fillable = (db: Db): Db => {
    const growing =
      <Answer>(sql: string, statement: (...values: Value[]) => Answer) =>
      (...values: Value[]): Answer => {
        grows ||= sql.trimStart().startsWith('INSERT INTO')
        return statement(...values)
      }
    return {
      ...db,
      write: sql => growing(sql, db.write(sql)),
      insert: sql => growing(sql, db.insert(sql)),
      begin() {
        grows = false
        db.begin()
      },
      commit() {
        if (grows && !room_left) throw new Unavailable('the disk is full', { cause: full })
        db.commit()
      },
    }
  }
  await using storage = await openSqlite({ file: place.file, around: fillable })
  const [alice, room] = [Bun.randomUUIDv7(), Bun.randomUUIDv7()]
  await storage.log.appendTo(room, [group(alice)], {})
  await storage.health()
  room_left = false
  expect(await failure(storage.log.appendTo(room, [said(alice, 'no room')], {}))).toBeInstanceOf(Unavailable)
  expect(await failure(storage.health())).toBeInstanceOf(Unavailable)
  expect(await failure(storage.health())).toBeInstanceOf(Unavailable)
  room_left = true
  await storage.health()
  room_left = false
  await storage.health()
  expect((await storage.conversations.find(room))?.last_seq).toBe(0)
})

function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => null,
    (error: unknown) => error,
  )
}
