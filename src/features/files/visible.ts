import type { Caller } from '../../context.ts'
import type { FileRecord } from '../../domain/records.ts'
import type { Storage } from '../../ports/storage.ts'

interface Deps {
  storage: Pick<Storage, 'files'>
  caller: Pick<Caller, 'id' | 'user'>
}

/** Those of the files, at most 1,000, that the caller may see now: their own, and those that a reference shows to them. */
export async function visibleFiles(
  { storage, caller }: Deps,
  ids: readonly string[],
): Promise<Map<string, FileRecord>> {
  const found = await storage.files.findMany(ids)
  const others = found.filter(({ user_id }) => user_id !== caller.id).map(({ id }) => id)
  const viewer = caller.user.role === 'ADMIN' ? null : caller.id
  const shown = others.length > 0 ? await storage.files.shownTo(viewer, others) : new Set<string>()
  return new Map(found.filter(file => file.user_id === caller.id || shown.has(file.id)).map(file => [file.id, file]))
}

/** The file; fails with `not_found` if the caller may not know that it exists. */
export async function findVisible(
  deps: Deps & { fail: (code: 'not_found') => never },
  id: string,
): Promise<FileRecord> {
  return (await visibleFiles(deps, [id])).get(id) ?? deps.fail('not_found')
}
