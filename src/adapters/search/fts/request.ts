import { existsSync, rmSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A file by which another process asks the one that has the index open to build it anew. */
const REQUEST = 'rebuild'

export async function requestRebuild(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeFile(join(folder, REQUEST), '')
}

export function isRebuildRequested(folder: string): boolean {
  return existsSync(join(folder, REQUEST))
}

export function endRebuildRequest(folder: string): void {
  rmSync(join(folder, REQUEST), { force: true })
}
