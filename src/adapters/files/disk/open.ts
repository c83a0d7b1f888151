import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FILE_ID, FilesUnavailable, type Files, type ListedFile } from '../../../ports/files.ts'
import { checkId, Intake } from '../intake.ts'
import { readRange } from './read.ts'

/** A temporary file that was not written for so long belongs to a put that ended with its process. */
const LEFTOVER_MS = 24 * 60 * 60 * 1000
const PRIVATE_FOLDER = 0o700
const PRIVATE_FILE = 0o600
/** Ids are spread over folders by their first characters, so that ascending folders hold ascending ids. */
const SHARD_LENGTH = 2

/**
 * Files in a folder, which is created if needed. Bytes are written to a file in `incoming/`, synced, and renamed to their place;
 * then the folder is synced. Whatever has the name of an id is therefore whole.
 */
export async function openDiskFiles(folder: string): Promise<Files> {
  const incoming = join(folder, 'incoming')
  const blobs = join(folder, 'blobs')
  for (const needed of [incoming, blobs]) await attempt(mkdir(needed, { recursive: true, mode: PRIVATE_FOLDER }))
  const pathOf = (id: string) => {
    checkId(id)
    return join(blobs, id.slice(0, SHARD_LENGTH), id)
  }
  const temporary = (name: string) => join(incoming, `${name}.${crypto.randomUUID()}`)

  return {
    async put(id, bytes, limit) {
      using intake = new Intake(bytes, limit)
      const path = pathOf(id)
      const written = temporary(id)
      try {
        await write(written, intake.chunks())
        if (intake.tooLarge) return 'too_large'
        await place(written, path)
        return intake.stored()
      } finally {
        // What is renamed is not there any more.
        await rm(written, { force: true }).catch(() => undefined)
      }
    },
    async get(id, range) {
      const handle = await present(open(pathOf(id), 'r'))
      return handle && (await readRange(handle, range))
    },
    async size(id) {
      return (await present(stat(pathOf(id))))?.size ?? null
    },
    async delete(id) {
      const path = pathOf(id)
      if ((await present(rm(path).then(() => true))) !== null) await syncFolder(dirname(path))
    },
    async list(after, limit) {
      const listed: ListedFile[] = []
      for (const shard of await namesIn(blobs)) {
        if (after !== null && shard < after.slice(0, SHARD_LENGTH)) continue
        for (const id of await namesIn(join(blobs, shard))) {
          if (!FILE_ID.test(id) || (after !== null && id <= after)) continue
          const found = await present(stat(pathOf(id)))
          if (found) listed.push({ id, size: found.size, stored_at: found.mtime.toISOString() })
          if (listed.length === limit) return listed
        }
      }
      return listed
    },
    async sweep(now) {
      for (const name of await namesIn(incoming)) {
        const path = join(incoming, name)
        const found = await present(stat(path))
        if (found && now.getTime() - found.mtimeMs > LEFTOVER_MS) await attempt(rm(path, { force: true }))
      }
    },
    async health() {
      const path = temporary('health')
      try {
        await write(path, [Uint8Array.of(0)])
      } finally {
        await rm(path, { force: true }).catch(() => undefined)
      }
    },
    async [Symbol.asyncDispose]() {},
  }
}

async function write(path: string, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
  const handle = await attempt(open(path, 'wx', PRIVATE_FILE))
  try {
    for await (const chunk of chunks) await attempt(writeWhole(handle, chunk))
    await attempt(handle.sync())
  } finally {
    await attempt(handle.close())
  }
}

async function writeWhole(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let written = 0; written < chunk.byteLength;)
    written += (await handle.write(chunk, written, chunk.byteLength - written)).bytesWritten
}

async function place(temporary: string, path: string): Promise<void> {
  const shard = dirname(path)
  const created = await attempt(mkdir(shard, { recursive: true, mode: PRIVATE_FOLDER }))
  if (created !== undefined) await syncFolder(dirname(shard))
  await attempt(rename(temporary, path))
  await syncFolder(shard)
}

/** A name in a folder is durable when the folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await attempt(open(folder, 'r'))
  try {
    await attempt(handle.sync())
  } finally {
    await handle.close()
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return ((await present(readdir(folder))) ?? []).sort()
}

/** Null if the file does not exist. */
function present<T>(work: Promise<T>): Promise<T | null> {
  return attempt(
    work.catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
      throw error
    }),
  )
}

/** A failure of the file system: a full disk, missing rights, a broken device. */
async function attempt<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'it failed'
    throw new FilesUnavailable(`the folder of files cannot be used: ${reason}`, { cause: error })
  }
}
