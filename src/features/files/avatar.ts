import type { ErrorDetails } from '../../../contracts/errors.ts'
import type { Caller } from '../../context.ts'
import { isInline } from '../../domain/content-types.ts'
import type { Storage } from '../../ports/storage.ts'
import { visibleFiles } from './visible.ts'

interface Deps {
  storage: Pick<Storage, 'files'>
  caller: Caller
  fail: (code: 'validation_failed', details: ErrorDetails) => never
}

/** 422 unless the avatar is an image that browsers show, and that the caller sees. */
export async function checkAvatar(deps: Deps, avatar_file_id: string | null | undefined): Promise<void> {
  if (!avatar_file_id) return
  const file = (await visibleFiles(deps, [avatar_file_id])).get(avatar_file_id)
  const message = !file ? 'is no file of yours' : isAvatar(file.content_type) ? null : 'is not an image'
  if (message !== null) return deps.fail('validation_failed', { errors: [{ path: 'avatar_file_id', message }] })
}

function isAvatar(content_type: string): boolean {
  return content_type.startsWith('image/') && isInline(content_type)
}
