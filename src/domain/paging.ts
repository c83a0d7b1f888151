import { ascending, type Sort } from '../../contracts/fields.ts'

/** What to ask of storage for one page of a list: one item more than wanted tells where the next page starts. */
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

/** The answer of a list, from the items of a page and one more if there is one. */
export interface Listed<T> {
  object: 'list'
  data: T[]
  first_id: string | null
  last_id: string | null
  has_more: boolean
  next_start: string | null
}

/** Largest data of one answer; with what surrounds it 256 KiB (specification, Lists). */
const MAX_PAGE_BYTES = 255 * 1024

/**
 * `items` are as they are shown and at most `limit + 1`: the extra one only tells where the next page starts. So does the
 * first that makes the answer too large.
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
 * Which of the items fit into one answer, from the first index to before the second: the one at `centre` in any case, then
 * its neighbours on both sides in turn.
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

/** A page of what is in memory, sorted by id; the same rules as a storage `Page`. */
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

/** An opaque `next_start` for lists ordered by a change: the item there, or the next below it. */
export function encodeChange(change: number): string {
  return change.toString(36)
}

export function decodeChange(cursor: string): number | null {
  return /^[1-9a-z][0-9a-z]{0,9}$/.test(cursor) ? Number.parseInt(cursor, 36) : null
}

/** An opaque `next_start` for lists ordered by activity: points behind the last item of a page. */
export function encodeActivity({ active_at, id }: { active_at: string; id: string }): string {
  return Buffer.from(`${active_at} ${id}`).toString('base64url')
}

export function decodeActivity(cursor: string): { active_at: string; id: string } | null {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([0-9a-f-]{36})$/.exec(
    Buffer.from(cursor, 'base64url').toString('utf8'),
  )
  return match?.[1] && match[2] ? { active_at: match[1], id: match[2] } : null
}
