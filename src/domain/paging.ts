import { ascending, type Sort } from '../../contracts/fields.ts'
import { MAX_ANSWER_BYTES } from '../../contracts/limits.ts'

/** The storage page for one page of a list, with one item more: that one is the start of the next page. */
export function pageFor({ sort, start, before, limit }: PageInput) {
  return {
    ascending: ascending(sort),
    limit: limit + 1,
    ...(start === undefined ? {} : { start }),
    ...(before === undefined ? {} : { before }),
  }
}

interface PageInput {
  sort: Sort
  start?: string | undefined
  before?: string | undefined
  limit: number
}

/** The answer of a list. */
export interface Listed<T> {
  object: 'list'
  data: T[]
  first_id: string | null
  last_id: string | null
  has_more: boolean
  next_start: string | null
}

/** Bytes of a page's items: the fields around them take less than 1 KiB. */
const MAX_PAGE_BYTES = MAX_ANSWER_BYTES - 1024

/**
 * Makes the answer from at most `limit + 1` items as they are shown. The page ends before item `limit + 1`, or before the
 * first item that makes the answer too large; that item is the start of the next page.
 */
export function toList<T>(
  items: readonly T[],
  limit: number,
  idOf: (item: T) => string,
  startOf: (next: T, last: T) => string = idOf,
  sizeOf: (item: T) => number = jsonSize,
): Listed<T> {
  const [, count] = fitting(items.slice(0, limit), 0, sizeOf)
  const data = items.slice(0, count)
  const [first, last, next] = [data[0], data.at(-1), items[count]]
  return {
    object: 'list',
    data,
    first_id: first === undefined ? null : idOf(first),
    last_id: last === undefined ? null : idOf(last),
    has_more: next !== undefined,
    next_start: next === undefined || last === undefined ? null : startOf(next, last),
  }
}

/**
 * The range of items that fit into one answer, second index exclusive: the one at `centre` in any case, then its neighbours
 * on both sides in turn.
 */
export function fitting<T>(
  items: readonly T[],
  centre: number,
  sizeOf: (item: T) => number = jsonSize,
): [from: number, to: number] {
  let bytes = 0
  const admits = (item: T | undefined) => {
    if (item === undefined) return false
    bytes += sizeOf(item)
    return bytes <= MAX_PAGE_BYTES
  }
  if (!admits(items[centre])) return [centre, Math.min(centre + 1, items.length)]
  let [from, to] = [centre, centre + 1]
  for (let [older, newer] = [true, true]; older || newer;) {
    newer &&= admits(items[to])
    if (newer) to += 1
    older &&= admits(items[from - 1])
    if (older) from -= 1
  }
  return [from, to]
}

export function jsonSize(item: unknown): number {
  return Buffer.byteLength(JSON.stringify(item))
}

/** A page of items in memory, sorted by id, by the rules of a storage `Page`. */
export function pageOf<T>(
  items: readonly T[],
  idOf: (item: T) => string,
  { ascending, start, before, limit }: { ascending: boolean; start?: string; before?: string; limit: number },
): T[] {
  const forward = (a: string, b: string) => (ascending ? a >= b : a <= b)
  return items
    .filter(item => start === undefined || forward(idOf(item), start))
    .filter(item => before === undefined || !forward(idOf(item), before))
    .toSorted((a, b) => (idOf(a) < idOf(b) === ascending ? -1 : 1))
    .slice(0, limit)
}

/** The opaque `next_start` of a list ordered by change, descending: the first item at or below `change`. */
export function encodeChange(change: number): string {
  return change.toString(36)
}

export function decodeChange(cursor: string): number | null {
  return /^[1-9a-z][0-9a-z]{0,9}$/.test(cursor) ? Number.parseInt(cursor, 36) : null
}

/** The opaque `next_start` of a list ordered by activity: the page starts after this item. */
export function encodeActivity({ active_at, id }: { active_at: string; id: string }): string {
  return Buffer.from(`${active_at} ${id}`).toString('base64url')
}

export function decodeActivity(cursor: string): { active_at: string; id: string } | null {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([0-9a-f-]{36})$/.exec(
    Buffer.from(cursor, 'base64url').toString('utf8'),
  )
  return match?.[1] && match[2] ? { active_at: match[1], id: match[2] } : null
}
