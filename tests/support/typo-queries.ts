import type { SearchIndex } from '../../src/ports/search.ts'
import { parseQuery } from '../../src/domain/search/query.ts'
import { tokensOf } from '../../src/domain/search/tokens.ts'
import { misspell, pick, seeded } from './misspell.ts'

export interface TypoQuery {
  /** The message from which the words are. */
  id: string
  text: string
}

interface Source {
  id: string
  content: string
}

/** Letters from which on one typo is allowed, so that a misspelt word has so many still. */
const LETTERS = 5
/** Messages with all words of a query, at most: no order can put the one that is meant before many equals. */
const MAX_EQUALS = 5

/** Queries of words of real messages, one of which is misspelt. */
export function typoQueries(sources: readonly Source[], words: number, count: number, seed: number): TypoQuery[] {
  const random = seeded(seed)
  const having = new Map<string, Set<number>>()
  const known = sources.map(({ content }, index) => {
    const texts = tokensOf(content).map(({ text }) => text)
    const distinct = [...new Set(texts)].filter(text => /^[a-z]+$/.test(text))
    for (const word of distinct) having.set(word, (having.get(word) ?? new Set()).add(index))
    return distinct
  })
  const queries: TypoQuery[] = []
  while (queries.length < count) {
    const index = Math.floor(random() * sources.length)
    const own = known[index] ?? []
    const long = own.filter(word => word.length >= LETTERS)
    if (own.length < words || long.length === 0) continue
    const meant = pick(long, random)
    const chosen = new Set([meant])
    while (chosen.size < words) chosen.add(pick(own, random))
    const [rarest = new Set<number>(), ...others] = [...chosen]
      .map(word => having.get(word) ?? new Set<number>())
      .toSorted((a, b) => a.size - b.size)
    const equals = [...rarest].filter(each => others.every(set => set.has(each))).length
    const typo = misspell(meant, random)
    if (equals > MAX_EQUALS || typo.length < LETTERS) continue
    const texts = [...chosen].map(word => (word === meant ? typo : word))
    queries.push({ id: sources[index]?.id ?? '', text: `${texts.toSorted(() => random() - 0.5).join(' ')} ` })
  }
  return queries
}

/** How many of the queries have their message among the first ten hits. */
export async function foundAmongTen(
  index: SearchIndex,
  conversations: readonly { id: string; last_seq: number }[],
  queries: readonly TypoQuery[],
): Promise<number> {
  let found = 0
  for (const { id, text } of queries) {
    const query = parseQuery(text)
    if (!query) throw new Error('too many words')
    const hits = await index.search({ query, conversations, sort: 'relevance', limit: 10 })
    if (hits.some(hit => hit.id === id)) found += 1
  }
  return found
}
