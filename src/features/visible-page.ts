import type { Page } from '../ports/storage.ts'

/** Rows per read, if more than a page has to be looked through. */
const READ_AT_ONCE = 500

/**
 * A page of a list from which some rows are hidden: reads on until it is full or no rows are left, so that hidden rows neither
 * shorten a page nor end a listing early (specification, Lists).
 */
export async function visiblePage<Row, Shown>(
  page: Page,
  read: (page: Page) => Promise<Row[]>,
  idOf: (row: Row) => string,
  visible: (rows: readonly Row[]) => Promise<Shown[]>,
): Promise<Shown[]> {
  const shown: Shown[] = []
  let next: Page = page
  let seen: string | null = null
  for (;;) {
    const rows = await read(next)
    // Each further read begins with the last row of the one before, if there still is one.
    shown.push(...(await visible(rows.filter(row => idOf(row) !== seen))))
    const last = rows.at(-1)
    if (shown.length >= page.limit || rows.length < next.limit || !last) return shown.slice(0, page.limit)
    seen = idOf(last)
    next = { ...page, start: seen, limit: READ_AT_ONCE }
  }
}
