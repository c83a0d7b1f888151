import { distance } from './distance.ts'
import type { Phrase, Query, Word } from './query.ts'
import { tokensOf } from './tokens.ts'

/** How a text matches a query. */
export interface Match {
  /** Typos of the best occurrence of each phrase, added up. */
  typos: number
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

interface Occurrence {
  at: number
  typos: number
  prefixes: number
}

/** How the tokens (`tokensOf`) match the query; null if they do not. */
export function match(tokens: readonly string[], { all, none }: Query): Match | null {
  if (all.length === 0) return null
  const found: Occurrence[][] = []
  for (const phrase of all) {
    const occurrences = occurrencesOf(tokens, phrase)
    if (occurrences.length === 0) return null
    found.push(occurrences)
  }
  if (none.some(phrase => occurrencesOf(tokens, phrase).length > 0)) return null
  const best = found.map(occurrences => occurrences.reduce((a, b) => (better(b, a) ? b : a)))
  return {
    typos: best.reduce((sum, { typos }) => sum + typos, 0),
    prefixes: best.reduce((sum, { prefixes }) => sum + prefixes, 0),
    spread: spreadOf(found, all),
  }
}

/** The order of relevance before recency: exact before typo, whole words before beginnings, near before far. */
export function compareMatches(a: Match, b: Match): number {
  return a.typos - b.typos || a.prefixes - b.prefixes || a.spread - b.spread
}

/** Where the words of the query are in a message's content, in order, neighbours without a gap joined. */
export function highlightsOf(content: string, { all }: Query): Highlight[] {
  const tokens = tokensOf(content)
  const texts = tokens.map(({ text }) => text)
  const marked = new Set<number>()
  for (const phrase of all)
    for (const { at } of occurrencesOf(texts, phrase)) phrase.forEach((_word, index) => marked.add(at + index))
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

function occurrencesOf(tokens: readonly string[], phrase: Phrase): Occurrence[] {
  const occurrences: Occurrence[] = []
  // The same words come often: each is compared once.
  const known = phrase.map(() => new Map<string, number | null>())
  for (let at = 0; at + phrase.length <= tokens.length; at += 1) {
    let [typos, prefixes, matches] = [0, 0, true]
    for (const [index, word] of phrase.entries()) {
      const token = tokens[at + index] ?? ''
      const between = remembered(known[index], token, word)
      if (between === null) {
        matches = false
        break
      }
      typos += between
      if (word.prefix && between === 0 && token !== word.text) prefixes += 1
    }
    if (matches) occurrences.push({ at, typos, prefixes })
  }
  return occurrences
}

function remembered(known: Map<string, number | null> | undefined, token: string, word: Word): number | null {
  const before = known?.get(token)
  if (before !== undefined) return before
  const between = distance(word.text, token, word.typos, word.prefix)
  known?.set(token, between)
  return between
}

function better(a: Occurrence, b: Occurrence): boolean {
  return a.typos < b.typos || (a.typos === b.typos && a.prefixes < b.prefixes)
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
