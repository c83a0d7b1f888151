import { copy, eachBlob, hashOf } from './blobs.ts'
import { MOVED_KINDS, type MovedKind, type MoveSource, type MoveTarget } from '../ports/moving.ts'
import type { Progress } from '../ports/backup.ts'
import type { Files } from '../ports/files.ts'

export interface Move {
  source: MoveSource
  target: MoveTarget
  from: Files
  to: Files
  progress: Progress
}

/**
 * Fills an empty store and an empty place of files from others, and compares everything. Interrupted at any point, the next one
 * goes on. The source is not changed.
 */
export async function move({ source, target, from, to, progress }: Move): Promise<{ rows: number; files: number }> {
  await target.begin(source)
  let rows = 0
  for (const kind of MOVED_KINDS) rows += await moveKind(source, target, kind, progress)
  let files = 0
  await eachBlob(from, async blobs => {
    await Promise.all(blobs.map(blob => moveBlob(from, to, blob)))
    progress('files', (files += blobs.length))
  })
  const different = await target.differences(source, compared => progress('comparing', compared))
  if (different.length > 0)
    throw new Different(
      `these are not equal to the source: ${different.slice(0, 10).join(', ')}. Begin with an empty database`,
    )
  await target.finish()
  return { rows, files }
}

async function moveKind(source: MoveSource, target: MoveTarget, kind: MovedKind, progress: Progress): Promise<number> {
  const total = source.count(kind)
  let done = 0
  for (const part of source.read(kind, target.written(kind))) {
    await target.write(kind, part)
    for (const record of part.records) done += 'entries' in record ? record.entries.length : 1
    progress(kind, done, total)
  }
  return done
}

/** One that is there already with the same size and hash stays. */
async function moveBlob(from: Files, to: Files, { id, size }: { id: string; size: number }): Promise<void> {
  if ((await to.size(id)) !== size) await copy(from, to, id)
  if ((await hashOf(from, id)) !== (await hashOf(to, id)))
    throw new Different(`the file ${id} is not equal to the source`)
}

/** What was stored is not what the source has. The message is for the operator. */
export class Different extends Error {
  override readonly name = 'Different'
}
