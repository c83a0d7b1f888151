import type { Permission } from '../../../contracts/permissions.ts'
import type { Caller } from '../../context.ts'
import { can } from '../../domain/access.ts'
import type { MessageRecord } from '../../domain/records.ts'
import type { Storage } from '../../ports/storage.ts'
import { load } from '../conversations/load.ts'
import type { Access } from '../conversations/view.ts'

export interface Found extends Access {
  message: MessageRecord
}

interface Deps {
  storage: Pick<Storage, 'messages' | 'conversations' | 'members'>
  caller: Caller
  fail: (code: 'not_found') => never
}

/** A message, its conversation and the caller's membership; fails with `not_found` if the caller may not know that it exists. */
export async function find(deps: Deps, message_id: string): Promise<Found> {
  const message = await deps.storage.messages.find(message_id)
  if (!message) return deps.fail('not_found')
  return { message, ...(await load(deps, message.conversation_id)) }
}

interface ChangeDeps extends Deps {
  fail: (code: 'not_found' | 'forbidden' | 'system_message' | 'conversation_disabled') => never
}

/**
 * As `find`, for a change of the message: 403 unless `allowed`, a permission or a function, admits it, then 423
 * (specification, Errors).
 */
export async function findToChange(
  deps: ChangeDeps,
  message_id: string,
  allowed: Permission | ((found: Found) => boolean),
): Promise<Found> {
  const found = await find(deps, message_id)
  const { conversation, member, message } = found
  const admitted = typeof allowed === 'string' ? can(deps.caller.user, allowed, member, conversation) : allowed(found)
  if (!admitted) return deps.fail('forbidden')
  if (message.type === 'system') return deps.fail('system_message')
  if (conversation.disabled) return deps.fail('conversation_disabled')
  return found
}
