import { Bytes } from '../../../contracts/kit.ts'
import type { Contract } from '../../../contracts/index.ts'
import type { Caller, Handlers, Services } from '../../context.ts'
import type { UploadRecord } from '../../domain/uploads.ts'
import { append } from './append.ts'
import { begin } from './begin.ts'
import { finish, isClaimed } from './finish.ts'
import { removeUpload } from './parts.ts'
import { checkVersion, EXTENSIONS, hasPart, headersOf, numberIn } from './protocol.ts'

export const uploads: Handlers<Contract['uploads']> = {
  async options({ uploads: { max_resumable_bytes } }) {
    return new Bytes(204, { 'tus-extension': EXTENSIONS, 'tus-max-size': String(max_resumable_bytes) }, null)
  },

  async create(context) {
    const { http, uploads: settings } = context
    checkVersion(context, http.headers)
    const upload = await begin(context)
    return new Bytes(201, { ...headersOf(upload), location: `${settings.location}/${upload.id}` }, null)
  },

  async status(context, { upload_id }) {
    checkVersion(context, context.http.headers)
    const upload = await finish(context, await find(context, upload_id))
    const { metadata, length } = upload
    const given = metadata === '' ? {} : { 'upload-metadata': metadata }
    return new Bytes(200, { ...headersOf(upload), ...given, 'upload-length': String(length) }, null)
  },

  async append(context, { upload_id }) {
    const { http, fail } = context
    checkVersion(context, http.headers)
    if (!hasPart(http.headers)) return fail('unsupported_media_type')
    const offset = numberIn(context, http.headers, 'upload-offset')
    const upload = await find(context, upload_id)
    if (offset !== upload.offset) return fail('wrong_offset')
    const stored = upload.finished ? upload : await append(context, upload)
    return new Bytes(204, headersOf(await finish(context, stored)), null)
  },

  async terminate(context, { upload_id }) {
    const { clock, http, fail } = context
    checkVersion(context, http.headers)
    const upload = await find(context, upload_id)
    if (isClaimed(upload, clock())) return fail('busy', { retry_after: 1 })
    await removeUpload(context, upload.id)
    return null
  },
}

type Finding = Pick<Services, 'storage'> & { caller: Caller; fail: (code: 'not_found') => never }

/** Nobody but the uploader learns that there is an upload. */
async function find({ storage, caller, fail }: Finding, id: string): Promise<UploadRecord> {
  const upload = await storage.uploads.find(id)
  return upload?.user_id === caller.id ? upload : fail('not_found')
}
