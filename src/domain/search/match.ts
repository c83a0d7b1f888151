import { distance } from './distance.ts'
import type { Phrase, Query, Word } from './query.ts'
import { tokensOf } from './tokens.ts'

/** How a text matches a query. */
export interface Match {
  /** Typos of the best occurrence of each phrase, added up. */
  typos: number
  /** Words among them whose first letter is another one: people seldom mistype it. */
  firsts: number
  /** Words that match only as the beginning of a longer one. */
  prefixes: number
  /** How far apart the phrases stand: 0 when they follow each other in the order of the query. */
  spread: number
}

/** A range of a message's content in UTF-16 units. */
export interface Highlight {
  start: number
  length: number
}

/** Highlights of one message. */
const MAX_HIGHLIGHTS = 100
/** Occurrences of one phrase that are looked at for the spread. */
const MAX_OCCURRENCES = 32
/** Phrases that are farther apart than this count as this far apart. */
const MAX_GAP = 8

/** How far a word, or the words of a phrase, are from what was found. */
type Difference = Pick<Match, 'typos' | 'firsts' | 'prefixes'>
interface Occurrence extends Difference {
  at: number
}

/** How the tokens (`tokensOf`) match the query; null if they do not. */
export function match(tokens: readonly string[], query: Query): Match | null {
  const found = occurrencesOfAll(textOf(tokens), query)
  if (!found) return null
  const best = found.map(occurrences => occurrences.reduce((a, b) => (compareDifferences(b, a) < 0 ? b : a)))
  return { ...best.reduce(added, NONE), spread: spreadOf(found, query.all) }
}

/**
 * The order of relevance before recency: exact before typo, the same first letter before another, whole words before
 * beginnings, near before far.
 */
export function compareMatches(a: Match, b: Match): number {
  return compareDifferences(a, b) || a.spread - b.spread
}

/** The rank of a match in a cursor: letters, digits, `_` and `-`. `place` is its place among equal ones. */
export function rankToText({ typos, firsts, prefixes, spread }: Match, place: string): string {
  return `${typos}-${firsts}-${prefixes}-${spread}-${place}`
}

/** null for a text that `rankToText` has not made. */
export function rankFromText(text: string): { rank: Match; place: string } | null {
  const [, numbers, place] = /^((?:\d{1,3}-){4})([\w-]+)$/.exec(text) ?? []
  if (numbers === undefined || place === undefined) return null
  const [typos = 0, firsts = 0, prefixes = 0, spread = 0] = numbers.split('-').map(Number)
  return { rank: { typos, firsts, prefixes, spread }, place }
}

/**
 * Where the words of the query are in a message's content, in order, neighbours without a gap joined; null if the content does
 * not match.
 */
export function highlightsOf(content: string, query: Query): Highlight[] | null {
  const tokens = tokensOf(content)
  const found = occurrencesOfAll(textOf(tokens.map(({ text }) => text)), query)
  if (!found) return null
  const marked = new Set<number>()
  for (const [index, phrase] of query.all.entries())
    for (const { at } of found[index] ?? []) for (let next = at; next < at + phrase.length; next += 1) marked.add(next)
  const highlights: Highlight[] = []
  let end = -1
  for (const index of [...marked].toSorted((a, b) => a - b)) {
    const token = tokens[index]
    if (!token) continue
    const last = highlights.at(-1)
    if (last && token.start <= end) last.length = Math.max(end, token.end) - last.start
    else if (highlights.length === MAX_HIGHLIGHTS) break
    else highlights.push({ start: token.start, length: token.end - token.start })
    end = Math.max(end, token.end)
  }
  return highlights
}

/** The occurrences of each phrase of the query; null if the text does not match. */
function occurrencesOfAll(text: Text, { all, none }: Query): Occurrence[][] | null {
  if (all.length === 0) return null
  const found: Occurrence[][] = []
  for (const phrase of all) {
    const occurrences = occurrencesOf(text, phrase)
    if (occurrences.length === 0) return null
    found.push(occurrences)
  }
  return none.some(phrase => occurrencesOf(text, phrase).length > 0) ? null : found
}

/** Where the phrase stands, in no particular order. Words that come often are compared once. */
function occurrencesOf({ tokens, places }: Text, phrase: Phrase): Occurrence[] {
  const [first, ...others] = phrase
  if (!first) return []
  const occurrences: Occurrence[] = []
  for (const [token, starts] of places) {
    const beginning = compare(first, token)
    if (!beginning) continue
    for (const at of starts) {
      let difference = beginning
      const matches = others.every((word, index) => {
        const next = compare(word, tokens[at + 1 + index] ?? '')
        if (next) difference = added(difference, next)
        return next !== null
      })
      if (matches) occurrences.push({ at, ...difference })
    }
  }
  return occurrences
}

const NONE: Difference = { typos: 0, firsts: 0, prefixes: 0 }

function compare({ text, typos: most, prefix }: Word, token: string): Difference | null {
  if (token === text) return NONE
  const typos = distance(text, token, most, prefix)
  if (typos === null) return null
  return { typos, firsts: token[0] === text[0] ? 0 : 1, prefixes: prefix && typos === 0 ? 1 : 0 }
}

function added(a: Difference, b: Difference): Difference {
  return { typos: a.typos + b.typos, firsts: a.firsts + b.firsts, prefixes: a.prefixes + b.prefixes }
}

function compareDifferences(a: Difference, b: Difference): number {
  return a.typos - b.typos || a.firsts - b.firsts || a.prefixes - b.prefixes
}

interface Text {
  tokens: readonly string[]
  /** Where each token stands, ascending. */
  places: ReadonlyMap<string, readonly number[]>
}

function textOf(tokens: readonly string[]): Text {
  const places = new Map<string, number[]>()
  for (const [at, token] of tokens.entries()) {
    const known = places.get(token)
    if (known) known.push(at)
    else places.set(token, [at])
  }
  return { tokens, places }
}

function spreadOf(found: readonly Occurrence[][], phrases: readonly Phrase[]): number {
  let spread = 0
  for (let index = 1; index < found.length; index += 1) {
    const length = phrases[index - 1]?.length ?? 1
    let nearest = MAX_GAP
    for (const { at: left } of found[index - 1]?.slice(0, MAX_OCCURRENCES) ?? [])
      for (const { at: right } of found[index]?.slice(0, MAX_OCCURRENCES) ?? []) {
        const gap = right >= left + length ? right - left - length : left - right
        nearest = Math.min(nearest, gap)
      }
    spread += nearest
  }
  return spread
}
