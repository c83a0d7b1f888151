/** Writes in one command; the stand-in server accepts no more. */
const BATCH_WRITES = 1_000
/** Bytes of one command, far below the 16 MB at which servers refuse or hang up. */
const BATCH_BYTES = 4 * 1024 * 1024

/** An upper estimate of the bytes of a row. */
export function roughSize(row: object): number {
  return JSON.stringify(row).length * 2
}

/** Splits writes into commands. */
export function chunksOf<I>(items: readonly I[], size: (item: I) => number): I[][] {
  const chunks: I[][] = []
  let bytes = BATCH_BYTES
  for (const item of items) {
    const weight = size(item)
    const last = chunks.at(-1)
    if (!last || last.length === BATCH_WRITES || bytes + weight > BATCH_BYTES) {
      chunks.push([item])
      bytes = weight
    } else {
      last.push(item)
      bytes += weight
    }
  }
  return chunks
}
