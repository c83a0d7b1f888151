import type { Contract } from '../../../contracts/index.ts'
import { reply } from '../../../contracts/kit.ts'
import type { Handlers } from '../../context.ts'
import { toFile } from '../../domain/files.ts'
import { download, ofFile, ofThumbnail } from './download.ts'
import { discard } from './keep.ts'
import { linkEnd, linkedCaller } from './links.ts'
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

  async link(context, { file_id }) {
    const { caller, clock, tokens, base_path } = context
    const { thumbnail } = await findVisible(context, file_id)
    const expires = linkEnd(clock())
    const link = tokens.fileLink({ file_id, user_id: caller.id, session_id: caller.session.id, expires })
    const url = `${base_path}/files/${file_id}/content?link=${link}`
    const expires_at = new Date(expires * 1_000).toISOString()
    return { url, thumbnail_url: thumbnail ? `${url}&thumbnail=1` : null, expires_at }
  },

  async content(context, { file_id, link, thumbnail = false }) {
    const { http, fail } = context
    const caller = await linkedCaller(context, file_id, link)
    if (!caller) return fail('unauthenticated', { detail: 'The link is wrong or has expired' })
    const file = await findVisible({ storage: context.storage, fail, caller }, file_id)
    const sent = thumbnail ? await ofThumbnail(context, file) : ofFile(file)
    // The link is what lets a page show it, of whatever origin the page is.
    return sent ? download(context, sent, http, 'cross-origin') : fail('not_found')
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
