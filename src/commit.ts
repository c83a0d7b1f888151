import { AppError } from '../contracts/errors.ts'
import { Conflict, type Expected, type Caller, type Committed } from './context.ts'
import type { ConversationDraft, UserDraft } from './domain/log/entry.ts'
import type { Log } from './ports/storage.ts'

/** A handler appends to the log by these two functions. The fan-out follows the log (`Log.onCommit`), not the handler. */
export function committers(log: Log, caller: Caller | null) {
  return {
    async commit({ conversation, message }: Expected, ...drafts: ConversationDraft[]): Promise<Committed> {
      // A creation is decided on nothing stored, a joining inside the append.
      const free = drafts.every(draft => draft.event === 'conversation.created' || 'join' in draft)
      const appended = await log.appendTo(conversation.id, drafts, {
        ...(free ? {} : { access_change: conversation.access_change }),
        ...(message ? { message_change: message.change } : {}),
      })
      if (appended.outcome === 'conflict') throw new Conflict('a version that the decision was based on has changed')
      if (appended.outcome === 'refused') throw new AppError(appended.code)
      return appended
    },
    async commitToUser<D extends UserDraft>(draft: D) {
      if (!caller) throw new Error('a user stream needs a caller')
      return log.appendToUser(caller.id, draft)
    },
  }
}
