import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqlite } from '../../src/adapters/storage/sqlite/open.ts'
import { failingDb } from './faults.ts'
import type { Subject } from '../conformance/storage/index.ts'

export interface FileSubject extends Subject {
  file: string
}

/** A file of its own for one test, removed at the end. */
export async function openFile(): Promise<FileSubject> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-sqlite-'))
  const file = join(folder, 'parley.sqlite')
  return {
    file,
    open: fault => openSqlite({ file, ...(fault ? { around: failingDb(fault) } : {}) }),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}
