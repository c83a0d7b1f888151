/** Random numbers from 0 to 1 that are the same in every run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export function pick<T>(items: readonly T[], random: () => number): T {
  const item = items[Math.floor(random() * items.length)]
  if (item === undefined) throw new Error('nothing to pick from')
  return item
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'.split('')

/** The word with a letter inserted, left out, replaced, or swapped with its neighbour. */
export function misspell(word: string, random: () => number): string {
  for (;;) {
    const at = Math.floor(random() * word.length)
    const [before, letter, after] = [word.slice(0, at), word[at] ?? '', word.slice(at + 1)]
    const typo = pick(
      [
        `${before}${pick(LETTERS, random)}${letter}${after}`,
        `${before}${after}`,
        `${before}${pick(LETTERS, random)}${after}`,
        `${before}${after.slice(0, 1)}${letter}${after.slice(1)}`,
      ],
      random,
    )
    if (typo !== word) return typo
  }
}
