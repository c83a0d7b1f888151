import { createHash } from 'node:crypto'
import type { Row } from './rows/table.ts'

const BYTES = 32

interface Digest {
  count: number
  /** The hashes of all rows, combined so that their order does not matter. */
  sum: Buffer
}

/** Number and hash of the rows of each part. */
export class Digests {
  readonly #parts = new Map<string, Digest>()

  add(part: string, row: Row): void {
    const digest = this.#parts.get(part) ?? { count: 0, sum: Buffer.alloc(BYTES) }
    const hash = createHash('sha256')
      .update(JSON.stringify(sorted(row)))
      .digest()
    for (let at = 0; at < BYTES; at += 1) digest.sum[at] = (digest.sum[at] ?? 0) ^ (hash[at] ?? 0)
    digest.count += 1
    this.#parts.set(part, digest)
  }

  /** The parts that the two do not have in common. */
  differences(other: Digests): string[] {
    const parts = new Set([...this.#parts.keys(), ...other.#parts.keys()])
    return [...parts].filter(part => {
      const [mine, theirs] = [this.#parts.get(part), other.#parts.get(part)]
      return !mine || !theirs || mine.count !== theirs.count || !mine.sum.equals(theirs.sum)
    })
  }
}

/** With the fields in one order: databases may give them in another. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.entries(value).filter(([, each]) => each !== undefined)
  return Object.fromEntries(fields.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => [key, sorted(each)]))
}
