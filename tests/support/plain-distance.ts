/** Optimal string alignment by the whole matrix, as the definition says. */
export function plainDistance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_row, i) =>
    Array.from({ length: b.length + 1 }, (_cell, j) => (i === 0 ? j : j === 0 ? i : 0)),
  )
  const at = (i: number, j: number) => rows[i]?.[j] ?? Infinity
  for (let i = 1; i <= a.length; i += 1)
    for (let j = 1; j <= b.length; j += 1) {
      let value = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        value = Math.min(value, at(i - 2, j - 2) + 1)
      const row = rows[i]
      if (row) row[j] = value
    }
  return at(a.length, b.length)
}

/** The distance of the nearest beginning of the term. */
export function nearestBeginning(word: string, term: string): number {
  return Math.min(
    ...Array.from({ length: term.length + 1 }, (_each, length) => plainDistance(word, term.slice(0, length))),
  )
}
