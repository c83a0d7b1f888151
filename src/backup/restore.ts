import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Progress } from '../ports/backup.ts'
import type { Files } from '../ports/files.ts'
import { FILE_LIST, NotEmpty, SECRET, STORE, type Installation } from './back-up.ts'
import { copy, eachBlob, readBlobs, verifyBlob } from './blobs.ts'
import { BadBackup, readBackup, writePrivate } from './manifest.ts'

export interface Restore extends Installation {
  folder: string
  copies: () => Promise<Files>
  /** The signing secret of the installation, which may not have one yet. */
  secret: { file: string; kept: string | null } | { setting: string }
  progress: Progress
}

/**
 * Puts a backup into an empty installation. Everything is compared with its hash before anything is written; the store, without
 * which no server starts, comes last.
 */
export async function restore({ store, files, folder, copies, secret, progress }: Restore) {
  const manifest = await readBackup(folder)
  await using source = await copies()
  const ids = new Set<string>()
  for await (const blobs of readBlobs(join(folder, FILE_LIST))) {
    await Promise.all(blobs.map(blob => verifyBlob(source, blob)))
    for (const { id } of blobs) ids.add(id)
    progress('verified files', ids.size)
  }
  if (manifest.store.kind !== store.kind)
    throw new BadBackup(
      `the backup is of a store in ${NAMES[manifest.store.kind]}, the settings name one in ${NAMES[store.kind]}`,
    )
  if (!(await store.isEmpty()))
    throw new NotEmpty('the store is not empty: a backup is restored into a new one, never over another')
  await eachBlob(files, async blobs => {
    if (blobs.some(({ id }) => !ids.has(id)))
      throw new NotEmpty('the folder or bucket of files has others than the backup: name an empty one')
  })
  const saved = manifest.secret ? await readFile(join(folder, SECRET), 'utf8') : null
  const present = 'setting' in secret ? secret.setting : secret.kept
  if (saved !== null && present !== null && saved !== present)
    throw new NotEmpty(
      `the signing secret of the settings is another than that of the backup, with which no session would go on: ` +
        ('setting' in secret ? `set PARLEY_SECRET to the content of ${join(folder, SECRET)}` : `remove ${secret.file}`),
    )

  let done = 0
  for await (const blobs of readBlobs(join(folder, FILE_LIST))) {
    for (const { id } of blobs)
      if (!(await copy(source, files, id))) throw new BadBackup(`the backup is damaged: the file ${id} is missing`)
    progress('files', (done += blobs.length))
  }
  if (saved !== null && present === null && 'file' in secret) await writePrivate(secret.file, saved)
  await store.load(join(folder, STORE), manifest.store, progress)
  return manifest
}

const NAMES = { sqlite: 'SQLite', mongodb: 'MongoDB' } as const
