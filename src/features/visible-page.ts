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
  for (;;) {
    const rows = await read(next)
    const last = rows.at(-1)
    // Each further read repeats the last row of the one before.
    shown.push(...(await visible(next === page ? rows : rows.slice(1))))
    if (shown.length >= page.limit || rows.length < next.limit || !last) return shown.slice(0, page.limit)
    next = { ...page, start: idOf(last), limit: READ_AT_ONCE }
  }
}
