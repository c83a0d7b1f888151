import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import type { Progress } from '../ports/backup.ts'
import type { Files } from '../ports/files.ts'
import { BadBackup, sha256Of } from './manifest.ts'

/** Blobs that are copied side by side. */
const BLOBS_AT_ONCE = 8
const LISTED_AT_ONCE = 1_000
/** How often a blob is read again whose stream failed. */
const TRIES = 3

export interface Blob {
  id: string
  size: number
  sha256: string
}

/** Copies all blobs, and writes a line of JSON for each. One that is deleted meanwhile belongs to nothing that is kept. */
export async function saveBlobs(
  files: Files,
  copies: Files,
  list: string,
  progress: Progress,
): Promise<{ count: number; bytes: number }> {
  const handle = await open(list, 'wx', 0o600)
  const done = { count: 0, bytes: 0 }
  try {
    await eachBlob(files, async blobs => {
      const copied = await allEnded(blobs.map(({ id }) => copy(files, copies, id)))
      const kept = copied.filter(blob => blob !== null)
      await handle.writeFile(kept.map(blob => `${JSON.stringify(blob)}\n`).join(''))
      done.count += kept.length
      for (const { size } of kept) done.bytes += size
      progress('files', done.count)
    })
    await handle.sync()
  } finally {
    await handle.close()
  }
  return done
}

/** As `Promise.all`, but when it rejects none of them is still writing. */
async function allEnded<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises)
  return Promise.all(promises)
}

/** Calls `work` with some blobs at a time, in the order of their ids. */
export async function eachBlob(files: Files, work: (blobs: { id: string; size: number }[]) => Promise<void>) {
  for (let after: string | null = null; ;) {
    const listed = await files.list(after, LISTED_AT_ONCE)
    for (let at = 0; at < listed.length; at += BLOBS_AT_ONCE) await work(listed.slice(at, at + BLOBS_AT_ONCE))
    after = listed.at(-1)?.id ?? null
    if (after === null) return
  }
}

/** null: it was deleted. */
export async function copy(from: Files, to: Files, id: string): Promise<Blob | null> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const bytes = await from.get(id)
      if (!bytes) return null
      const stored = await to.put(id, bytes, { max_bytes: Number.MAX_SAFE_INTEGER })
      if (stored === 'too_large') throw new Error(`${id} has no end`)
      return { id, ...stored }
    } catch (error) {
      if ((await from.size(id)) === null) return null
      if (attempt === TRIES) throw error
    }
  }
}

/** The blobs of a list, some at a time. */
export async function* readBlobs(list: string): AsyncGenerator<Blob[]> {
  let blobs: Blob[] = []
  for await (const line of createInterface({ input: createReadStream(list) })) {
    // Cast: the line is what `saveBlobs` wrote; the hash of the list was verified.
    blobs.push(JSON.parse(line) as Blob)
    if (blobs.length < BLOBS_AT_ONCE) continue
    yield blobs
    blobs = []
  }
  if (blobs.length > 0) yield blobs
}

/** null: there is none. */
export async function hashOf(files: Files, id: string): Promise<string | null> {
  const bytes = await files.get(id)
  return bytes && (await sha256Of(bytes))
}

/** Compares a blob with its line in the list. */
export async function verifyBlob(copies: Files, { id, size, sha256 }: Blob): Promise<void> {
  if ((await copies.size(id)) !== size || (await hashOf(copies, id)) !== sha256)
    throw new BadBackup(`the backup is damaged: the file ${id} does not match its hash`)
}
