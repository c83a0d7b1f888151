import type { Contract } from '../../../contracts/index.ts'
import { reply } from '../../../contracts/kit.ts'
import type { Handlers } from '../../context.ts'
import { toFile } from '../../domain/files.ts'
import { download, ofFile, ofThumbnail } from './download.ts'
import { discard } from './keep.ts'
import { upload } from './upload.ts'
import { findVisible } from './visible.ts'

/** How long a deletion is remembered. */
const DELETED_MS = 7 * 24 * 60 * 60 * 1_000

export const files: Handlers<Contract['files']> = {
  upload,

  async get(context, { file_id, download: wanted = false, thumbnail = false }) {
    const { http, fail } = context
    const path = thumbnail ? 'thumbnail' : 'download'
    if ((wanted || thumbnail) && !http)
      return fail('validation_failed', { errors: [{ path, message: 'is answered over HTTP only' }] })
    const file = await findVisible(context, file_id)
    if (!http || (!wanted && !thumbnail && http.wants === null)) return reply(200, toFile(file))
    const sent = thumbnail ? await ofThumbnail(context, file) : ofFile(file)
    return sent ? download(context, sent, http) : fail('not_found')
  },

  async delete(context, { file_id }) {
    const { caller, storage, clock, fail } = context
    if ((await storage.files.deletedBy(file_id)) === caller.id) return null
    const file = await findVisible(context, file_id)
    if (file.user_id !== caller.id) return fail('forbidden')
    const expires_at = new Date(clock().getTime() + DELETED_MS).toISOString()
    const outcome = await storage.files.remove(file_id, { expires_at })
    if (outcome === 'referenced') return fail('file_in_use')
    await discard(context, file_id)
    return null
  },
}
