import { createReadStream } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Row } from '../rows/table.ts'

/** Text that is kept in memory before it is written. */
const BUFFERED = 1024 * 1024

/** The file of a part of a backup: a row in each line, as JSON. Rows have no types beyond those of JSON. */
export function partPath(folder: string, part: string): string {
  return join(folder, `${part}.jsonl`)
}

export class PartWriter implements AsyncDisposable {
  readonly #handle: FileHandle
  #waiting: string[] = []
  #length = 0
  /** Rows so far. */
  count = 0

  private constructor(handle: FileHandle) {
    this.#handle = handle
  }

  static async open(folder: string, part: string): Promise<PartWriter> {
    return new PartWriter(await open(partPath(folder, part), 'wx', 0o600))
  }

  async write(rows: readonly object[]): Promise<void> {
    for (const row of rows) {
      const line = JSON.stringify(row)
      this.#waiting.push(line)
      this.#length += line.length
      this.count += 1
    }
    if (this.#length > BUFFERED) await this.#flush()
  }

  async #flush(): Promise<void> {
    if (this.#waiting.length > 0) await this.#handle.writeFile(`${this.#waiting.join('\n')}\n`)
    this.#waiting = []
    this.#length = 0
  }

  /** Whatever was written is durable then. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#flush()
      await this.#handle.sync()
    } finally {
      await this.#handle.close()
    }
  }
}

/** The rows of a part, some at a time. */
export async function* readPart<T extends Row>(folder: string, part: string, at_once: number): AsyncGenerator<T[]> {
  let rows: T[] = []
  for await (const line of createInterface({ input: createReadStream(partPath(folder, part)) })) {
    // Cast: the line is what `PartWriter` wrote of a row of this collection; its hash was verified.
    rows.push(JSON.parse(line) as T)
    if (rows.length < at_once) continue
    yield rows
    rows = []
  }
  if (rows.length > 0) yield rows
}
