import type { FindCursor, WithId } from 'mongodb'
import type { Driver } from '../driver.ts'
import type { Row } from './table.ts'

/** Rows of one read. */
const ROWS_AT_ONCE = 1_000

/**
 * All rows of a collection in the order of their primary keys, some at a time, by one cursor: servers that sort before they
 * limit would sort for each page. A row that is there at the first command comes, as it is then or later.
 */
export async function* scan<T extends Row>(driver: Driver, name: string): AsyncGenerator<WithId<T>[]> {
  const cursor = await driver.run(`${name}.find`, db =>
    Promise.resolve(db.collection<T>(name).find({}, { sort: { _id: 1 }, batchSize: ROWS_AT_ONCE })),
  )
  try {
    for (;;) {
      const page = await driver.run(`${name}.getMore`, () => nextOf(cursor))
      if (page.length > 0) yield page
      if (page.length < ROWS_AT_ONCE) return
    }
  } finally {
    await cursor.close()
  }
}

async function nextOf<T>(cursor: FindCursor<T>): Promise<T[]> {
  const page: T[] = []
  while (page.length < ROWS_AT_ONCE) {
    const row = await cursor.next()
    if (row === null) break
    page.push(row)
  }
  return page
}
