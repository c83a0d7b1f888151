import { chmodSync, closeSync, openSync } from 'node:fs'

/** The files of a database. SQLite gives the files that it creates beside it the mode of the database. */
const SUFFIXES = ['', '-wal', '-shm', '.lock', '.lock-journal']
/** Ignored errors: the file does not exist yet, or exists already, or its mode cannot be changed, so that the folder protects it. */
const PASSED_OVER = new Set(['ENOENT', 'EEXIST', 'EPERM', 'ENOTSUP', 'ENOSYS'])

/** Makes the database readable by its owner only, before anything is written to it, independent of umask and folder. */
export function makePrivate(file: string): void {
  // Only what is new is opened: closing a file that this process has locked ends its locks (fcntl).
  for (const created of [file, `${file}.lock`]) unlessPassedOver(() => closeSync(openSync(created, 'ax', 0o600)))
  for (const suffix of SUFFIXES) unlessPassedOver(() => chmodSync(`${file}${suffix}`, 0o600))
}

function unlessPassedOver(step: () => void): void {
  try {
    step()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && PASSED_OVER.has(String(error.code)))) throw error
  }
}
