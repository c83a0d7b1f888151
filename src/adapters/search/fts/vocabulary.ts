import { firstRow, nextRow, type Row } from '../../../domain/search/distance.ts'
import type { Word } from '../../../domain/search/query.ts'

/** A term of the index that a word of a query stands for. */
export interface Expansion {
  term: string
  /** Messages with the term. */
  count: number
  typos: number
}

/** New terms that are kept unsorted before they are merged in. */
const MAX_TAIL = 4_096

/**
 * The terms of the index with the number of messages of each, in memory, sorted by UTF-16 units. Terms near a word are found
 * by one walk in which neighbours share the rows of their common beginning (`domain/search/distance.ts`).
 */
export class Vocabulary {
  #terms: string[] = []
  #counts: number[] = []
  /** Letters that a term shares with the one before it. */
  #shared: Uint8Array<ArrayBuffer> = new Uint8Array(0)
  #tail = new Map<string, number>()

  constructor(terms: readonly (readonly [term: string, count: number])[]) {
    this.#build(terms)
  }

  get size(): number {
    return this.#terms.length + this.#tail.size
  }

  count(term: string): number {
    const at = this.#lowerBound(term)
    return this.#terms[at] === term ? (this.#counts[at] ?? 0) : (this.#tail.get(term) ?? 0)
  }

  /**
   * Adds to the number of messages with the term. A term that is known stays: a number that counted a batch twice, because the
   * index was opened between its commit and its report, hides nothing.
   */
  add(term: string, difference: number): void {
    const at = this.#lowerBound(term)
    if (this.#terms[at] === term) this.#counts[at] = Math.max(1, (this.#counts[at] ?? 0) + difference)
    else this.#tail.set(term, Math.max(1, (this.#tail.get(term) ?? 0) + difference))
    if (this.#tail.size > MAX_TAIL) this.#build([...this.#entries(), ...this.#tail])
  }

  /** Terms that begin with the text, the text itself included; unsorted. */
  beginningWith(text: string): Expansion[] {
    const found: Expansion[] = []
    for (let at = this.#lowerBound(text); at < this.#terms.length; at += 1) {
      const term = this.#terms[at] ?? ''
      if (!term.startsWith(text)) break
      found.push({ term, count: this.#counts[at] ?? 0, typos: 0 })
    }
    for (const [term, count] of this.#tail) if (term.startsWith(text)) found.push({ term, count, typos: 0 })
    return found.filter(({ count }) => count > 0)
  }

  /** Terms within the word's typos, at least one typo away; with `prefix` those with a beginning that near. Unsorted. */
  near({ text: word, typos: most, prefix }: Word): Expansion[] {
    const found: Expansion[] = []
    if (most === 0) return found
    const rows: Row[] = [firstRow(word)]
    // The least last cell, and the least value of a row, of each depth's path.
    const nearest: number[] = [word.length]
    const limit = word.length + most
    let dead = Infinity
    let valid = 0
    for (let at = 0; at < this.#terms.length; at += 1) {
      const term = this.#terms[at] ?? ''
      const shared = this.#shared[at] ?? 0
      // Every term that shares the beginning that was too far is too far as well.
      if (shared >= dead) {
        if (prefix) this.#take(found, at, nearest[dead] ?? Infinity, most)
        continue
      }
      dead = Infinity
      valid = Math.min(valid, shared)
      for (let depth = valid + 1; depth <= Math.min(term.length, limit); depth += 1) {
        const least = nextRow(rows, word, term, depth)
        const value = rows[depth]?.[word.length] ?? Infinity
        nearest[depth] = prefix ? Math.min(nearest[depth - 1] ?? Infinity, value) : value
        valid = depth
        if (least > most) {
          dead = depth
          break
        }
      }
      const end = Math.min(valid, term.length)
      if (prefix) this.#take(found, at, nearest[end] ?? Infinity, most)
      else if (dead === Infinity && term.length <= limit) this.#take(found, at, nearest[term.length] ?? Infinity, most)
    }
    return found.concat(this.#nearInTail(rows, word, most, prefix))
  }

  #nearInTail(rows: Row[], word: string, most: number, prefix: boolean): Expansion[] {
    const found: Expansion[] = []
    for (const [term, count] of this.#tail) {
      let nearest = Infinity
      for (let depth = 1; depth <= Math.min(term.length, word.length + most); depth += 1) {
        const least = nextRow(rows, word, term, depth)
        const value = rows[depth]?.[word.length] ?? Infinity
        if (prefix || depth === term.length) nearest = Math.min(nearest, value)
        if (least > most) break
      }
      if (count > 0 && nearest > 0 && nearest <= most) found.push({ term, count, typos: nearest })
    }
    return found
  }

  #take(found: Expansion[], at: number, typos: number, most: number): void {
    const count = this.#counts[at] ?? 0
    if (count > 0 && typos > 0 && typos <= most) found.push({ term: this.#terms[at] ?? '', count, typos })
  }

  #lowerBound(text: string): number {
    let [low, high] = [0, this.#terms.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#terms[middle] ?? '') < text) low = middle + 1
      else high = middle
    }
    return low
  }

  *#entries(): Iterable<readonly [string, number]> {
    for (const [at, term] of this.#terms.entries()) yield [term, this.#counts[at] ?? 0]
  }

  #build(terms: readonly (readonly [string, number])[]): void {
    const sorted = terms.filter(([, count]) => count > 0).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    this.#terms = sorted.map(([term]) => term)
    this.#counts = sorted.map(([, count]) => count)
    this.#shared = new Uint8Array(sorted.length)
    this.#tail = new Map()
    for (let at = 1; at < sorted.length; at += 1) {
      const [before, term] = [this.#terms[at - 1] ?? '', this.#terms[at] ?? '']
      let shared = 0
      while (shared < term.length && before.charCodeAt(shared) === term.charCodeAt(shared)) shared += 1
      this.#shared[at] = shared
    }
  }
}
