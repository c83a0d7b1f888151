/**
 * The distance of two words is the least number of insertions, deletions, substitutions and transpositions of neighbours that
 * turn one into the other (optimal string alignment). Rows of the matrix belong to letters of the term, columns to the query's
 * word, so that the terms of a sorted list can share the rows of their common beginning.
 */
export type Row = Uint8Array<ArrayBuffer>

/** The row before the first letter of a term. */
export function firstRow(word: string): Row {
  return Uint8Array.from({ length: word.length + 1 }, (_cell, column) => column)
}

/**
 * Computes the row of letter `depth` (from 1 on) of the term into `rows[depth]` from the two rows before it. Returns its least
 * value: no longer term with this beginning is nearer.
 */
export function nextRow(rows: Row[], word: string, term: string, depth: number): number {
  const above = rows[depth - 1] ?? firstRow(word)
  const before = depth > 1 ? rows[depth - 2] : undefined
  const row = (rows[depth] ??= new Uint8Array(word.length + 1))
  const letter = term.charCodeAt(depth - 1)
  const previous = depth > 1 ? term.charCodeAt(depth - 2) : -1
  row[0] = depth
  let least = depth
  for (let column = 1; column <= word.length; column += 1) {
    const same = word.charCodeAt(column - 1) === letter
    let value = (above[column - 1] ?? 0) + (same ? 0 : 1)
    value = Math.min(value, (above[column] ?? 0) + 1, (row[column - 1] ?? 0) + 1)
    if (before && column > 1 && word.charCodeAt(column - 1) === previous && word.charCodeAt(column - 2) === letter)
      value = Math.min(value, (before[column - 2] ?? 0) + 1)
    row[column] = value
    if (value < least) least = value
  }
  return least
}

/**
 * The distance of the term, or with `prefix` of its nearest beginning, from the word; null if it is greater than `most`.
 */
export function distance(word: string, term: string, most: number, prefix: boolean): number | null {
  if (word === term || (prefix && term.startsWith(word))) return 0
  if (most === 0) return null
  if (term.length < word.length - most || (!prefix && term.length > word.length + most)) return null
  // An edit takes at most one letter away and brings at most one. Most words are far from each other by that alone.
  const [ours, theirs] = [lettersOf(word), lettersOf(term)]
  if (bitsOf(ours & ~theirs) > most || (!prefix && bitsOf(theirs & ~ours) > most)) return null
  const rows: Row[] = [firstRow(word)]
  const depths = Math.min(term.length, word.length + most)
  let nearest = Infinity
  for (let depth = 1; depth <= depths; depth += 1) {
    if (nextRow(rows, word, term, depth) > most) break
    const value = rows[depth]?.[word.length] ?? Infinity
    if (prefix) nearest = Math.min(nearest, value)
    else if (depth === term.length) nearest = value
  }
  return nearest <= most ? nearest : null
}

/** A bit for each letter that occurs; some letters share one. */
function lettersOf(word: string): number {
  let letters = 0
  for (let at = 0; at < word.length; at += 1) letters |= 1 << (word.charCodeAt(at) & 31)
  return letters
}

function bitsOf(letters: number): number {
  let [bits, left] = [0, letters]
  for (; left !== 0; left &= left - 1) bits += 1
  return bits
}
