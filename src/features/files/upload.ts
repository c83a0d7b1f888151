import { files as operations } from '../../../contracts/files.ts'
import type { Contract } from '../../../contracts/index.ts'
import type { Input, Output } from '../../../contracts/kit.ts'
import type { Context } from '../../context.ts'
import { can } from '../../domain/access.ts'
import { toFile } from '../../domain/files.ts'
import { PARSING } from '../../../contracts/field-errors.ts'
import { Unavailable } from '../../ports/storage.ts'
import { load } from '../conversations/load.ts'
import { discard, fileOf, keep } from './keep.ts'

type Upload = Contract['files']['upload']

/** Bytes of a form beyond its file, at most: boundaries, headers of parts, fields. */
const FORM_BYTES = 64 * 1024

/** Refuses what can be refused before a byte of the file is read; the rest once it is stored. */
export async function upload(context: Context<Upload>, input: Input<Upload>): Promise<Output<Upload>> {
  const { caller, storage, files, uploads, http, fail } = context
  await checkPlace(context, input)
  const { form } = http
  if (!form.file) return wrong(context, 'is needed')
  if (Number(http.headers.get('content-length') ?? 0) > uploads.max_bytes + FORM_BYTES) return fail('too_large')
  if ((await storage.files.usage(caller.id)) >= uploads.quota_bytes) return fail('quota_exceeded')
  const id = crypto.randomUUID()
  const stored = await files.put(id, form.file.bytes, { max_bytes: uploads.max_bytes })
  if (stored === 'too_large') return fail('too_large')
  try {
    if (stored.size === 0) return wrong(context, 'is empty')
    await checkPlace(context, await rest(context, input))
    const file = await fileOf(context, { id, user_id: caller.id, name: form.file.name, stored })
    const kept = await keep(context, file, uploads.quota_bytes)
    return kept === 'quota_exceeded' ? fail(kept) : toFile(file)
  } catch (error) {
    // The row may be stored, and who is away would be waited for again: the collection removes bytes without a row.
    if (!(error instanceof Unavailable)) await discard(context, id)
    throw error
  }
}

/** The input with the fields that follow the file. */
async function rest({ http, fail }: Context<Upload>, input: Input<Upload>): Promise<Input<Upload>> {
  const parsed = operations.upload.input.safeParse({ ...input, ...(await http.form.rest()) }, PARSING)
  if (parsed.success) return parsed.data
  const errors = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
  return fail('validation_failed', { errors })
}

async function checkPlace(context: Context<Upload>, { conversation_id }: Input<Upload>): Promise<void> {
  if (conversation_id === undefined) return
  const { conversation, member } = await load(context, conversation_id)
  if (!can(context.caller.user, 'messages.send', member, conversation)) return context.fail('forbidden')
  if (conversation.disabled) return context.fail('conversation_disabled')
}

function wrong({ fail }: Context<Upload>, message: string): never {
  return fail('validation_failed', { errors: [{ path: 'file', message }] })
}
