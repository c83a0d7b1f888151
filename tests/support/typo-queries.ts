import { compareMatches, match, rankFromText } from '../../src/domain/search/match.ts'
import { parseQuery } from '../../src/domain/search/query.ts'
import { tokensOf } from '../../src/domain/search/tokens.ts'
import type { SearchIndex } from '../../src/ports/search.ts'
import { misspell, pick, seeded } from './misspell.ts'

/** A query of words of one message. */
export interface TypoQuery {
  source: Source
  text: string
}

interface Source {
  id: string
  content: string
}

export interface QueryKind {
  words: number
  /** How many of the words are misspelt, if so many are long enough. */
  misspelt: number
  /** Typos of each misspelt word. */
  typos?: 1 | 2
  /** The last word is cut to two thirds of it, and at least three letters. */
  cut?: true
}

/** Letters from which on a word may have one or two typos; a misspelt word still has as many. */
const LETTERS = { 1: 5, 2: 9 } as const
/** Messages with all words of a query, at most: no order can put the one that is meant before many equals. */
const MAX_EQUALS = 5

/** Queries of words of real messages. */
export function typoQueries(sources: readonly Source[], kind: QueryKind, count: number, seed: number): TypoQuery[] {
  const { words, misspelt, typos = 1, cut } = kind
  const random = seeded(seed)
  const having = new Map<string, Set<number>>()
  const known = sources.map(({ content }, index) => {
    const texts = tokensOf(content).map(({ text }) => text)
    const distinct = [...new Set(texts)].filter(text => /^[a-z]+$/.test(text))
    for (const word of distinct) having.set(word, (having.get(word) ?? new Set()).add(index))
    return distinct
  })
  /** null if the typos have made it too short. */
  function wrong(word: string): string | null {
    const text = Array.from({ length: typos }).reduce<string>(before => misspell(before, random), word)
    return text.length < LETTERS[typos] || text === word ? null : text
  }
  const queries: TypoQuery[] = []
  while (queries.length < count) {
    const index = Math.floor(random() * sources.length)
    const source = sources[index]
    const own = known[index] ?? []
    const long = own.filter(word => word.length >= LETTERS[typos])
    if (!source || own.length < words || (misspelt > 0 && long.length === 0)) continue
    const meant = new Set<string>()
    while (meant.size < Math.min(misspelt, long.length)) meant.add(pick(long, random))
    const chosen = new Set(meant)
    while (chosen.size < words) chosen.add(pick(own, random))
    const [rarest = new Set<number>(), ...others] = [...chosen]
      .map(word => having.get(word) ?? new Set<number>())
      .toSorted((a, b) => a.size - b.size)
    const equals = [...rarest].filter(each => others.every(set => set.has(each))).length
    const texts = [...chosen].map(word => (meant.has(word) ? wrong(word) : word)).toSorted(() => random() - 0.5)
    if (equals > MAX_EQUALS || texts.includes(null)) continue
    const text = texts.join(' ')
    const last = texts.at(-1) ?? ''
    queries.push({
      source,
      text: cut ? text.slice(0, text.length - Math.min(last.length - 3, last.length / 3)) : `${text} `,
    })
  }
  return queries
}

export interface Quality {
  queries: number
  /** Those whose message is among the first ten hits, and the very first. */
  ten: number
  first: number
  /** Queries whose message is not, although it matches better than the tenth hit: the index has not looked at it. */
  lost: string[]
  /** Queries of which at least ten messages match as well or better. */
  outranked: string[]
}

/** How many of the queries have their message among the first ten hits. */
export async function qualityOf(
  index: SearchIndex,
  conversations: readonly { id: string; last_seq: number }[],
  queries: readonly TypoQuery[],
): Promise<Quality> {
  const quality: Quality = { queries: queries.length, ten: 0, first: 0, lost: [], outranked: [] }
  for (const { source, text } of queries) {
    const query = parseQuery(text)
    if (!query) throw new Error('too many words')
    const hits = await index.search({ query, conversations, sort: 'relevance', limit: 10 })
    const at = hits.findIndex(hit => hit.id === source.id)
    if (at === 0) quality.first += 1
    if (at >= 0) {
      quality.ten += 1
      continue
    }
    const own = match(
      tokensOf(source.content).map(token => token.text),
      query,
    )
    const tenth = rankFromText(hits[9]?.cursor ?? '')
    const missed = `${text.trim()} ← ${source.content}`
    if (own && tenth && compareMatches(own, tenth.rank) >= 0) quality.outranked.push(missed)
    else quality.lost.push(missed)
  }
  return quality
}
