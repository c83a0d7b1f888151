import type { Phrase, Query, Word } from '../../../domain/search/query.ts'
import type { Expansion, Vocabulary } from './vocabulary.ts'

/** Terms that one word of a query is searched by: the nearest, then the most frequent. */
const MAX_EXPANSIONS = 48
/** A beginning of words in at most this many messages is searched by FTS5's own prefix query, which misses none. */
const MAX_PREFIX_MESSAGES = 20_000

/** What one word is searched by: the text of an FTS5 query, and in about how many messages it occurs. */
interface Searched {
  match: string
  /** As alternatives of one term each, for the last word of a phrase. */
  alternatives: string[]
  messages: number
}

/** A query in FTS5's language. */
export interface Expanded {
  /** The MATCH expression of the text; null if a word occurs nowhere. */
  match: string | null
  /** At most about how many messages match. */
  messages: number
}

/** Which terms are searched besides the words themselves: `nearest` have one typo and the same first letter. */
export type Nearness = 'exact' | 'nearest' | 'all'

/**
 * The query for FTS5, with or without the terms that typos lead to. It finds all that match, and where words stand in a phrase
 * with typos also others: each result is compared by `domain/search/match.ts`. Terms have only letters, digits and emoji, so
 * nothing in them is syntax.
 */
export function expand(vocabulary: Vocabulary, { all, none }: Query, nearness: Nearness): Expanded {
  const parts = all.map(phrase => expandPhrase(vocabulary, phrase, nearness))
  if (parts.some(part => part === null)) return { match: null, messages: 0 }
  const found = parts.filter(part => part !== null)
  const excluded = none.map(phrase => ` NOT ${quoted(phrase.map(({ text }) => text).join(' '))}`)
  return {
    match: `${found.map(({ match }) => `(${match})`).join(' AND ')}${excluded.join('')}`,
    messages: Math.min(...found.map(({ messages }) => messages)),
  }
}

/** All words as one phrase, without typos; null for a single one. */
export function asPhrase({ all }: Query): string | null {
  const words = all.flat()
  return words.length < 2 ? null : quoted(words.map(({ text }) => text).join(' '))
}

function expandPhrase(vocabulary: Vocabulary, phrase: Phrase, nearness: Nearness): Searched | null {
  const words = phrase.map(word => expandWord(vocabulary, word, nearness))
  if (words.some(word => word === null)) return null
  const found = words.filter(word => word !== null)
  const [only] = found
  if (only && found.length === 1) return only
  const messages = Math.min(...found.map(word => word.messages))
  if (nearness !== 'exact' && phrase.some(({ typos }) => typos > 0))
    return { match: found.map(({ match }) => `(${match})`).join(' AND '), alternatives: [], messages }
  const before = phrase.slice(0, -1).map(({ text }) => text)
  const ends = found.at(-1)?.alternatives ?? []
  return { match: ends.map(end => quoted([...before, end].join(' '))).join(' OR '), alternatives: [], messages }
}

function expandWord(vocabulary: Vocabulary, word: Word, nearness: Nearness): Searched | null {
  const { text, prefix } = word
  const beginnings = prefix ? vocabulary.beginningWith(text) : [{ term: text, count: vocabulary.count(text), typos: 0 }]
  const total = sum(beginnings)
  const near = nearOf(vocabulary, word, nearness)
  const terms = most([...beginnings, ...near], text).map(({ term }) => term)
  if (terms.length === 0) return null
  const whole = prefix && beginnings.length > MAX_EXPANSIONS && total <= MAX_PREFIX_MESSAGES
  const parts = whole ? [`${quoted(text)} *`, ...most(near, text).map(({ term }) => quoted(term))] : terms.map(quoted)
  return { match: parts.join(' OR '), alternatives: terms, messages: total + sum(near) }
}

function nearOf(vocabulary: Vocabulary, word: Word, nearness: Nearness): Expansion[] {
  if (nearness === 'exact') return []
  if (nearness === 'all') return vocabulary.near(word)
  const near = vocabulary.near({ ...word, typos: Math.min(word.typos, 1) })
  return near.filter(({ term }) => term[0] === word.text[0])
}

/** The word itself, if it occurs, before others that begin with it. */
function most(expansions: readonly Expansion[], text: string): Expansion[] {
  const isOther = ({ term }: Expansion) => (term === text ? 0 : 1)
  return expansions
    .filter(({ count }) => count > 0)
    .sort((a, b) => a.typos - b.typos || isOther(a) - isOther(b) || b.count - a.count)
    .slice(0, MAX_EXPANSIONS)
}

function sum(expansions: readonly Expansion[]): number {
  return expansions.reduce((total, { count }) => total + count, 0)
}

function quoted(text: string): string {
  return `"${text}"`
}
