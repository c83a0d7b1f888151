import type { Database } from 'bun:sqlite'
import { compareMatches, match, rankFromText, rankToText, type Match } from '../../../domain/search/match.ts'
import type { Query } from '../../../domain/search/query.ts'
import { MAX_RANKED, type SearchHit } from '../../../ports/search.ts'
import type { PostedRequest } from './calls.ts'
import { numberOf, openIndex } from './database.ts'
import { asPhrase, expand } from './expansion.ts'
import { planOf, type Plan } from './plan.ts'
import { FILE_TERM, conversationTerm, senderTerm, typeTerm } from './scope.ts'
import { Vocabulary } from './vocabulary.ts'
import type { Difference } from './writer.ts'

/** Matches of each tier that are ranked: the latest ones. */
const MAX_TIER = MAX_RANKED / 2
/** Latest matches of the whole query as one phrase that are ranked although others are later. */
const MAX_PHRASES = 50
/** Rows of one read. */
const ROWS = 400
/** Rows that are compared for one tier. */
const MAX_COMPARED = 20_000

interface Row {
  n: number
  id: string
  at: number
  text: string
  scope: string
}

interface Ranked extends Match {
  n: number
}
interface Found extends Ranked {
  id: string
}

/** What a request asks for in the numbers and terms of this index. */
interface Bounds {
  conversations: readonly number[]
  /** Terms of `fts.scope` besides conversations, all of which must be there. */
  scope: readonly string[]
  from: number
  to: number
  /** Numbers of rows, both inclusive. */
  lowest: number
  highest: number
}

type WithWords = PostedRequest & { query: Query }

/** Answers searches on a connection of its own. */
export class Searcher implements Disposable {
  readonly #db: Database
  readonly #vocabulary: Vocabulary
  readonly #numbers = new Map<string, number>()
  #messages: number
  /** The conversations of the last search, which are often those of the next. */
  #last: { text: string; numbers: readonly number[] } = { text: '', numbers: [] }
  /** The conversations that are in `temp.allowed`. */
  #allowed: readonly number[] = []

  constructor(file: string) {
    this.#db = openIndex(file)
    this.#db.run("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab(main, fts, 'col')")
    this.#db.run('CREATE TEMP TABLE allowed (conversation INTEGER PRIMARY KEY)')
    const terms = this.#db.query<{ term: string; doc: number }, []>(
      "SELECT term, doc FROM temp.vocabulary WHERE col = 'text'",
    )
    this.#vocabulary = new Vocabulary(terms.all().map(({ term, doc }) => [term, doc]))
    this.#messages = this.#db.query<{ n: number }, []>('SELECT count(*) AS n FROM docs').get()?.n ?? 0
  }

  /** Takes in what a batch of the writer has changed. */
  learn({ messages, terms }: Difference): void {
    this.#messages = Math.max(0, this.#messages + messages)
    for (const [term, difference] of terms) this.#vocabulary.add(term, difference)
  }

  search(request: PostedRequest): SearchHit[] {
    const bounds = this.#boundsOf(request)
    const { query, sort } = request
    if (!bounds || query?.all.length === 0) return []
    return query === null || sort === 'recent'
      ? this.#recent(request, bounds)
      : this.#ranked({ ...request, query }, bounds)
  }

  /** A match in number order; the cursor is the number. */
  #recent({ query, messages: searched, start, limit }: PostedRequest, bounds: Bounds): SearchHit[] {
    const any = { match: null, messages: this.#messages }
    const { match: expression, messages } = query === null ? any : expand(this.#vocabulary, query, 'all')
    if (query !== null && expression === null) return []
    const highest = start === undefined ? bounds.highest : Math.min(bounds.highest, Number.parseInt(start, 36))
    const hits: SearchHit[] = []
    const plan = this.#plan(bounds, searched, messages, limit)
    for (const { n, id, text } of this.#rows(expression, plan, { ...bounds, highest })) {
      if (query === null || match(text.split(' '), query)) hits.push({ id, cursor: n.toString(36) })
      if (hits.length === limit) break
    }
    return hits
  }

  /**
   * By relevance; the cursor is the rank, so that matches that come or go between two pages move nothing. Exact matches rank
   * first, so typos wait until they are needed.
   */
  #ranked(request: WithWords, bounds: Bounds): SearchHit[] {
    const { query, start, limit } = request
    const first = start === undefined ? null : rankFromText(start)
    const isNext = (found: Found) =>
      first === null || inOrder(found, { ...first.rank, n: Number.parseInt(first.place, 36) }) >= 0
    const exact = this.#tier(request, bounds, expand(this.#vocabulary, query, 'exact'), ({ typos }) => typos === 0)
    const phrase = exact.length === MAX_TIER ? asPhrase(query) : null
    if (phrase !== null) {
      const known = new Set(exact.map(({ n }) => n))
      const isNew = ({ typos, n }: Found) => typos === 0 && !known.has(n)
      exact.push(...this.#tier(request, bounds, { match: phrase, messages: this.#messages }, isNew, MAX_PHRASES))
    }
    const found = exact.filter(isNext)
    if (found.length < limit) {
      found.push(...this.#near(request, bounds).filter(isNext))
    }
    return found
      .sort(inOrder)
      .slice(0, limit)
      .map(each => ({ id: each.id, cursor: rankToText(each, each.n.toString(36)) }))
  }

  /** Matches with typos. Of the nearest ones more are read, because frequent words that are farther off would displace them. */
  #near(request: WithWords, bounds: Bounds): Found[] {
    const [nearest, all] = (['nearest', 'all'] as const).map(each => expand(this.#vocabulary, request.query, each))
    const found = new Map<number, Found>()
    for (const expanded of nearest?.match === all?.match ? [all] : [nearest, all])
      if (expanded)
        for (const each of this.#tier(request, bounds, expanded, ({ typos }) => typos > 0)) found.set(each.n, each)
    return [...found.values()]
  }

  /** The latest matches that are wanted. */
  #tier(
    { query, messages: searched }: WithWords,
    bounds: Bounds,
    { match: expression, messages }: { match: string | null; messages: number },
    wanted: (found: Found) => boolean,
    most = MAX_TIER,
  ): Found[] {
    const found: Found[] = []
    if (expression === null) return found
    let compared = 0
    const plan = this.#plan(bounds, searched, messages, most)
    for (const { n, id, text } of this.#rows(expression, plan, bounds)) {
      const matched = match(text.split(' '), query)
      if (matched && wanted({ ...matched, n, id })) found.push({ ...matched, n, id })
      compared += 1
      if (found.length === most || compared === MAX_COMPARED) break
    }
    return found
  }

  #plan({ conversations }: Bounds, messages: number, matches: number, wanted: number): Plan {
    return planOf({ matches, wanted, conversations: conversations.length, messages, all: this.#messages })
  }

  /** Rows that may match, latest first, read in parts, so that no read stays open. */
  *#rows(expression: string | null, plan: Plan, bounds: Bounds): Iterable<Row> {
    let { highest } = bounds
    for (;;) {
      const rows = this.#read(expression, plan, { ...bounds, highest })
      for (const row of rows) if (row.at >= bounds.from && row.at < bounds.to) yield row
      const last = rows.at(-1)
      if (!last || rows.length < ROWS || plan === 'scan') return
      highest = last.n - 1
    }
  }

  #read(expression: string | null, plan: Plan, { conversations, scope, lowest, highest }: Bounds): Row[] {
    if (plan !== 'scope') this.#allow(conversations)
    if (plan === 'scan') {
      const rows = this.#db
        .query<Row, [number, number]>(
          `SELECT d.n, d.id, d.at, c.c0 AS text, c.c1 AS scope FROM docs d CROSS JOIN fts_content c ON c.id = d.n
           WHERE d.conversation IN (SELECT conversation FROM temp.allowed) AND d.n BETWEEN ? AND ?`,
        )
        .all(lowest, highest)
      const inScope = (row: Row) => scope.every(term => row.scope.split(' ').includes(term))
      return rows.filter(inScope).sort((a, b) => b.n - a.n)
    }
    const any = plan === 'scope' ? [`(${conversations.map(n => `"${conversationTerm(n)}"`).join(' OR ')})`] : []
    const terms = [...any, ...scope.map(term => `"${term}"`)]
    const columns = [
      ...(expression === null ? [] : [`(text : (${expression}))`]),
      ...(terms.length === 0 ? [] : [`(scope : (${terms.join(' AND ')}))`]),
    ]
    const allowed = plan === 'join' ? 'AND d.conversation IN (SELECT conversation FROM temp.allowed)' : ''
    return this.#db
      .query<Row, [string, number, number]>(
        `SELECT d.n, d.id, d.at, f.text, f.scope FROM fts f CROSS JOIN docs d ON d.n = f.rowid
         WHERE f.fts MATCH ? ${allowed} AND f.rowid BETWEEN ? AND ? ORDER BY f.rowid DESC LIMIT ${ROWS}`,
      )
      .all(columns.join(' AND '), lowest, highest)
  }

  #allow(conversations: readonly number[]): void {
    if (this.#allowed === conversations) return
    this.#db.run('DELETE FROM temp.allowed')
    this.#db
      .query('INSERT OR IGNORE INTO temp.allowed (conversation) SELECT value FROM json_each(?)')
      .run(JSON.stringify(conversations))
    this.#allowed = conversations
  }

  /** null: nothing of it is in the index. */
  #boundsOf(request: PostedRequest): Bounds | null {
    const conversations = this.#numbersOf(request.conversations)
    const sender = request.sender_id === undefined ? undefined : this.#numberOf(request.sender_id)
    if (conversations.length === 0 || sender === null) return null
    const from = request.from === undefined ? 0 : Date.parse(request.from)
    const to = request.to === undefined ? Infinity : Date.parse(request.to)
    return {
      conversations,
      scope: [
        ...(sender === undefined ? [] : [senderTerm(sender)]),
        ...(request.type === undefined ? [] : [typeTerm(request.type)]),
        ...(request.has_file ? [FILE_TERM] : []),
      ],
      from,
      to,
      lowest: Math.max(0, numberOf(from)),
      // A full tick continues in the next ones, so the end is checked by time only.
      highest: Number.MAX_SAFE_INTEGER,
    }
  }

  /** The same array for the same conversations, as long as all of them are in the index. */
  #numbersOf(text: string): readonly number[] {
    if (this.#last.text === text) return this.#last.numbers
    const ids = text.split(' ')
    const numbers = ids.flatMap(id => this.#numberOf(id) ?? [])
    if (numbers.length === ids.length) this.#last = { text, numbers }
    return numbers
  }

  #numberOf(id: string): number | null {
    const known = this.#numbers.get(id)
    if (known !== undefined) return known
    const found = this.#db.query<{ n: number }, [string]>('SELECT n FROM ids WHERE id = ?').get(id)
    if (found) this.#numbers.set(id, found.n)
    return found?.n ?? null
  }

  [Symbol.dispose](): void {
    this.#db.close()
  }
}

function inOrder(a: Ranked, b: Ranked): number {
  return compareMatches(a, b) || b.n - a.n
}
