import type { Attachment } from '../../../contracts/entities.ts'
import type { ErrorDetails } from '../../../contracts/errors.ts'
import type { Caller } from '../../context.ts'
import { toAttachment } from '../../domain/files.ts'
import type { Storage } from '../../ports/storage.ts'
import { visibleFiles } from '../files/visible.ts'

interface Deps {
  storage: Pick<Storage, 'files'>
  caller: Caller
  fail: (code: 'validation_failed', details: ErrorDetails) => never
}

/** The files as a message shows them; 422 for one that the caller does not see. */
export async function attach(deps: Deps, wanted: readonly { file_id: string }[]): Promise<Attachment[]> {
  if (wanted.length === 0) return []
  const ids = wanted.map(({ file_id }) => file_id)
  const files = await visibleFiles(deps, [...new Set(ids)])
  return ids.map((id, index) => {
    const file = files.get(id)
    const path = `attachments.${index}.file_id`
    return file
      ? toAttachment(file)
      : deps.fail('validation_failed', { errors: [{ path, message: 'is no file of yours' }] })
  })
}
