import type { Permission } from '../../../contracts/permissions.ts'
import type { Caller } from '../../context.ts'
import { can } from '../../domain/access.ts'
import type { MessageRecord } from '../../domain/records.ts'
import type { Storage } from '../../ports/storage.ts'
import { load } from '../conversations/load.ts'
import { checkMessageable } from '../conversations/messageable.ts'
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
type Allowed = Permission | ((found: Found) => boolean)

/**
 * As `find`, for a change of the message: 403 unless `allowed`, a permission or a function, admits it, then 423
 * (specification, Errors).
 */
export async function findToChange(deps: ChangeDeps, message_id: string, allowed: Allowed): Promise<Found> {
  const found = await findAllowed(deps, message_id, allowed)
  return found.conversation.disabled ? deps.fail('conversation_disabled') : found
}

type WriteDeps = ChangeDeps & Parameters<typeof checkMessageable>[0]

/** As `findToChange`, for a change by which the caller writes to the other members, as by sending. */
export async function findToWrite(deps: WriteDeps, message_id: string, allowed: Allowed): Promise<Found> {
  const found = await findAllowed(deps, message_id, allowed)
  await checkMessageable(deps, found.conversation)
  return found.conversation.disabled ? deps.fail('conversation_disabled') : found
}

async function findAllowed(
  deps: Deps & { fail: (code: 'not_found' | 'forbidden' | 'system_message') => never },
  message_id: string,
  allowed: Allowed,
): Promise<Found> {
  const found = await find(deps, message_id)
  const { conversation, member, message } = found
  const admitted = typeof allowed === 'string' ? can(deps.caller.user, allowed, member, conversation) : allowed(found)
  if (!admitted) return deps.fail('forbidden')
  return message.type === 'system' ? deps.fail('system_message') : found
}
