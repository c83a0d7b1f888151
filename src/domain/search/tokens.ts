import { fold } from './fold.ts'

/** One searchable piece of a text: a word, a number, an emoji, or one character of a script that is written without spaces. */
export interface Token {
  /** Folded: what is compared. */
  text: string
  /** Where it is in the original text, in UTF-16 units; the end is exclusive. */
  start: number
  end: number
}

/** Characters of a token that are compared; the rest of a longer one is ignored. */
export const MAX_TOKEN = 64

const ASCII = /^[\0-\x7f]*$/
const ASCII_WORD = /[a-z0-9]+/g
/** A character of a script without spaces. */
const SINGLE =
  '[[\\p{scx=Han}\\p{scx=Hira}\\p{scx=Kana}\\p{scx=Hang}\\p{scx=Bopo}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmr}\\p{sc=Mymr}]&&[\\p{L}\\p{N}]]'
/** Such a character with its marks and halfwidth sound marks, or an emoji; or else a word. */
const PIECE = new RegExp(
  `${SINGLE}[\\p{M}\\uFF9E\\uFF9F]*|\\p{RGI_Emoji}|\\p{ExtPict}|[[\\p{L}\\p{N}\\p{M}]--${SINGLE}]+`,
  'gv',
)
const STARTS_WORD = new RegExp(`^(?!${SINGLE})[\\p{L}\\p{N}\\p{M}]`, 'v')

/** The tokens of a text in its order. The index, queries and highlights all use this one function. */
export function tokensOf(text: string): Token[] {
  if (ASCII.test(text)) {
    const tokens: Token[] = []
    for (const { 0: word, index } of text.toLowerCase().matchAll(ASCII_WORD))
      tokens.push({ text: word.slice(0, MAX_TOKEN), start: index, end: index + word.length })
    return tokens
  }
  const tokens: Token[] = []
  for (const { 0: piece, index } of text.matchAll(PIECE)) {
    const folded = fold(piece)
    // Folding can make several tokens of one (½ becomes 1⁄2): they all stand for the whole piece.
    const parts = folded === piece ? [piece] : (folded.match(PIECE) ?? [])
    for (const part of parts) tokens.push({ text: cut(part), start: index, end: index + piece.length })
  }
  return tokens
}

/** Whether a token is one character of a script without spaces, or an emoji: it is compared exactly. */
export function isSingle(token: string): boolean {
  return !STARTS_WORD.test(token)
}

function cut(token: string): string {
  return token.length <= MAX_TOKEN ? token : token.slice(0, MAX_TOKEN).toWellFormed()
}
