import { isSingle, tokensOf } from './tokens.ts'

/** Words of one query; one of more is refused (docs/decisions.md). */
export const MAX_QUERY_WORDS = 24

export interface Word {
  /** Folded. */
  text: string
  /** How many typos a word of a message may differ by. */
  typos: number
  /** Whether it also matches the beginning of a longer word. */
  prefix: boolean
}

/** Words that must stand next to each other, in this order; usually one. */
export type Phrase = readonly Word[]

/** A query as the index and the highlights take it. Without `all` nothing matches. */
export interface Query {
  /** Each must occur. */
  all: readonly Phrase[]
  /** None may occur. */
  none: readonly Phrase[]
}

/** A minus that excludes: a word or an emoji follows it. */
const EXCLUDES = /^-(?:[\p{L}\p{N}]|\p{RGI_Emoji}|\p{ExtPict})/v
const CHUNK = /(-?)"([^"]*)"(?=\s|$)|(\S+)/g

/**
 * Reads what a person typed: `"…"` is a phrase, `-word` excludes, everything else is literal text. The last word is a prefix
 * unless white space follows it. What is written without a space is a phrase (`12.04`, `foo_bar`, 数据库), in which each word
 * may have its typos (specification, Search). null: more than `MAX_QUERY_WORDS` words.
 */
export function parseQuery(text: string): Query | null {
  const all: Phrase[] = []
  const none: Phrase[] = []
  for (const { 0: chunk, 1: minus, 2: quoted, 3: literal = '', index } of text.matchAll(CHUNK)) {
    if (quoted !== undefined) {
      const words = tokensOf(quoted).map(token => exact(token.text))
      if (words.length > 0) (minus === '-' ? none : all).push(words)
      continue
    }
    const excludes = EXCLUDES.test(literal)
    const tokens = tokensOf(literal).map(token => token.text)
    if (tokens.length === 0) continue
    if (excludes) none.push(tokens.map(exact))
    else all.push(tokens.map(tolerant(index + chunk.length === text.length)))
  }
  return countOf(all) + countOf(none) > MAX_QUERY_WORDS ? null : { all, none }
}

function exact(text: string): Word {
  return { text, typos: 0, prefix: false }
}

const tolerant =
  (last: boolean) =>
  (text: string, index: number, tokens: readonly string[]): Word => ({
    text,
    typos: allowedTypos(text),
    prefix: last && index === tokens.length - 1 && !isSingle(text),
  })

/** One typo from 5 letters on, two from 9; none in numbers and in scripts without spaces (specification, Search). */
export function allowedTypos(word: string): number {
  if (word.length < 5 || /^\p{N}+$/u.test(word) || isSingle(word)) return 0
  return word.length < 9 ? 1 : 2
}

/** A run of a script without spaces counts as one word. */
function countOf(phrases: readonly Phrase[]): number {
  const starts = (word: Word, index: number, phrase: Phrase) =>
    !isSingle(word.text) || !isSingle(phrase[index - 1]?.text ?? '')
  return phrases.reduce((count, phrase) => count + phrase.filter(starts).length, 0)
}
