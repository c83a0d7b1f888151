import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Progress, StoreBackup } from '../ports/backup.ts'
import type { Files } from '../ports/files.ts'
import { saveBlobs } from './blobs.ts'
import { describeParts, writeManifest, writePrivate } from './manifest.ts'

/** What a backup contains, by name in its folder. The bytes of files are in a folder `files` beside them. */
export const STORE = 'store'
export const FILE_LIST = 'files.jsonl'
export const SECRET = 'secret'

export interface Installation {
  store: StoreBackup
  files: Files
}

export interface BackUp extends Installation {
  /** Is created; must be empty if it exists. */
  folder: string
  /** Where the bytes of files go, inside the folder. */
  copies: () => Promise<Files>
  /** The generated signing secret; null where it is a setting. */
  secret: string | null
  version: string
  progress: Progress
}

/**
 * Copies an installation while it serves: the store first, then the bytes of files, because those of a file are stored before
 * anything names it, and those that something names are not removed. If it fails, nothing is left of it.
 */
export async function backUp(work: BackUp) {
  const { folder } = work
  const created = await mkdir(folder, { recursive: true, mode: 0o700 })
  if ((await readdir(folder)).length > 0) throw new NotEmpty(`${folder} is not empty`)
  try {
    return await fill(work)
  } catch (error) {
    // What fails here is of less interest than what ended the backup: without a manifest the folder is none.
    await remove(folder, created).catch(() => undefined)
    throw error
  }
}

/** Leaves the folders that were there before. `created`: the first folder of the path that was not. */
async function remove(folder: string, created: string | undefined): Promise<void> {
  const left = created === undefined ? (await readdir(folder)).map(name => join(folder, name)) : [created]
  for (const path of left) await rm(path, { recursive: true, force: true })
}

async function fill({ store, files, folder, copies, secret, version, progress }: BackUp) {
  const created_at = new Date().toISOString()
  await mkdir(join(folder, STORE), { mode: 0o700 })
  const saved = await store.save(join(folder, STORE), progress)
  await using target = await copies()
  const copied = await saveBlobs(files, target, join(folder, FILE_LIST), progress)
  if (secret !== null) await writePrivate(join(folder, SECRET), secret)
  const parts = await describeParts(folder, [STORE, FILE_LIST, ...(secret === null ? [] : [SECRET])])
  await writeManifest(folder, { created_at, version, store: saved, files: copied, secret: secret !== null, parts })
  return { rows: saved.counts, files: copied }
}

/** What would be overwritten. The message is for the operator. */
export class NotEmpty extends Error {
  override readonly name = 'NotEmpty'
}
