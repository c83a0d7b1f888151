import { compareMatches, match, rankFromText, rankToText, type Match } from '../../../domain/search/match.ts'
import type { Query } from '../../../domain/search/query.ts'
import { MAX_RANKED, UnknownCursor, type SearchHit, type SearchRequest } from '../../../ports/search.ts'
import type { MessageDocument } from './documents.ts'
import type { Engine } from './engine.ts'
import { filterOf, textOf } from './query.ts'

/** Conversations of one filter; the time that Meilisearch needs grows faster than their number. */
const MAX_FILTERED = 1_000
/** Documents of one read in the order of time. */
const RECENT_AT_ONCE = 200

type Document = Pick<MessageDocument, 'id' | 'order' | 'text'>
type Place = Pick<Document, 'id' | 'order'>
/** The documents of each part of the conversations; null: there is no index. */
type Read = (limit: number, highest: number | null, sort?: string[]) => Promise<Document[][] | null>

/** Each hit of Meilisearch is compared by the rules of `domain/search`, and ranked by them. null: there is no index. */
export async function search(engine: Engine, uid: string, request: SearchRequest): Promise<SearchHit[] | null> {
  const { query, conversations, sort } = request
  const from = cursorOf(request)
  if (query?.all.length === 0 || conversations.length === 0) return []
  const text = query === null ? '' : textOf(query)
  const read: Read = async (limit, highest, sort) => {
    const reads = partsOf(conversations).map(async ids => {
      const options = {
        filter: filterOf(request, ids, highest),
        limit,
        attributesToRetrieve: ['id', 'order', 'text'],
        matchingStrategy: 'all' as const,
        ...(sort ? { sort } : {}),
      }
      return engine.read(uid, index => index.search<MessageDocument>(text, options))
    })
    const answers = await Promise.all(reads)
    return answers.includes(null) ? null : answers.map(answer => answer?.hits ?? [])
  }
  return query === null || sort === 'recent' ? recent(request, from, read) : ranked({ ...request, query }, from, read)
}

interface Cursor extends Match, Place {}
const NO_RANK: Match = { typos: 0, firsts: 0, prefixes: 0, spread: 0 }

/** By relevance; the cursor is the rank of the hit. */
async function ranked(
  { query, limit }: SearchRequest & { query: Query },
  from: Cursor | null,
  read: Read,
): Promise<SearchHit[] | null> {
  const parts = await read(MAX_RANKED, null)
  if (parts === null) return null
  const found: Cursor[] = []
  for (const { id, order, text } of parts.flat()) {
    const matched = match(text.split(' '), query)
    if (matched) found.push({ ...matched, id, order })
  }
  const inOrder = (a: Cursor, b: Cursor) => compareMatches(a, b) || compareTimes(a, b)
  return found
    .filter(each => from === null || inOrder(each, from) >= 0)
    .sort(inOrder)
    .slice(0, limit)
    .map(each => ({ id: each.id, cursor: rankToText(each, placeToText(each)) }))
}

/** In the order of time; the cursor is the place of the hit in it. */
async function recent({ query, limit }: SearchRequest, from: Place | null, read: Read): Promise<SearchHit[] | null> {
  const hits: SearchHit[] = []
  let [bound, inclusive]: [Place | null, boolean] = [from, true]
  for (;;) {
    const parts = await read(RECENT_AT_ONCE, bound && bound.order, ['order:desc', 'id:desc'])
    if (parts === null) return null
    // A part that was cut ends at its last document: what the others have after it comes with a later read.
    const ends = parts.flatMap(part => (part.length < RECENT_AT_ONCE ? [] : (part.at(-1) ?? [])))
    const end = ends.sort(compareTimes)[0] ?? null
    const next = parts
      .flat()
      .filter(place => isBetween(bound, inclusive, place, end))
      .sort(compareTimes)
    for (const { id, order, text } of next) {
      if (query !== null && !match(text.split(' '), query)) continue
      hits.push({ id, cursor: placeToText({ order, id }) })
      if (hits.length === limit) return hits
    }
    if (!end) return hits
    // More documents than one read share one order only if they were not made by this server.
    bound = end.order === bound?.order ? { order: end.order - 1, id: '~' } : end
    inclusive = false
  }
}

function isBetween(bound: Place | null, inclusive: boolean, place: Place, end: Place | null): boolean {
  const beyond = bound === null ? 1 : compareTimes(place, bound)
  return (beyond > 0 || (inclusive && beyond === 0)) && (end === null || compareTimes(place, end) <= 0)
}

/** The latest first. */
function compareTimes(a: Place, b: Place): number {
  return b.order - a.order || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0)
}

function partsOf(conversations: SearchRequest['conversations']): string[][] {
  const parts: string[][] = []
  for (let at = 0; at < conversations.length; at += MAX_FILTERED)
    parts.push(conversations.slice(at, at + MAX_FILTERED).map(({ id }) => id))
  return parts
}

function placeToText({ order, id }: Place): string {
  return `${order.toString(36)}_${id}`
}

/** With `recent` the place only; the rank means nothing then. */
function cursorOf({ sort, start }: SearchRequest): Cursor | null {
  if (start === undefined) return null
  const found = sort === 'relevance' ? rankFromText(start) : { rank: NO_RANK, place: start }
  const [, order, id] = /^([0-9a-z]{1,11})_([0-9a-f-]{36})$/.exec(found?.place ?? '') ?? []
  if (!found || order === undefined || id === undefined) throw new UnknownCursor()
  return { ...found.rank, order: Number.parseInt(order, 36), id }
}
