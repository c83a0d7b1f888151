import type { Caller } from '../../context.ts'
import type { MessageRecord } from '../../domain/records.ts'
import type { Storage } from '../../ports/storage.ts'
import { load } from '../conversations/load.ts'
import type { Place } from '../conversations/view.ts'

export interface Found extends Place {
  message: MessageRecord
}

interface Uses {
  storage: Pick<Storage, 'messages' | 'conversations' | 'members'>
  caller: Caller
  fail: (code: 'not_found') => never
}

/** A message with its conversation and the caller's seat; 404 where it is absent or none of the caller's business. */
export async function find(uses: Uses, message_id: string): Promise<Found> {
  const message = await uses.storage.messages.find(message_id)
  if (!message) return uses.fail('not_found')
  return { message, ...(await load(uses, message.conversation_id)) }
}

interface ChangeUses extends Uses {
  fail: (code: 'not_found' | 'forbidden' | 'system_message' | 'conversation_disabled') => never
}

/** As `find`, for a change that `allowed` admits: seat 403, then 423 (SPEC, Errors). */
export async function findToChange(
  uses: ChangeUses,
  message_id: string,
  allowed: (found: Found) => boolean,
): Promise<Found> {
  const found = await find(uses, message_id)
  if (!allowed(found)) return uses.fail('forbidden')
  if (found.message.type === 'system') return uses.fail('system_message')
  if (found.conversation.disabled) return uses.fail('conversation_disabled')
  return found
}
