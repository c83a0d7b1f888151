import type { Attachment } from '../../../contracts/entities.ts'
import type { Contract } from '../../../contracts/index.ts'
import { reply, type Input, type Result } from '../../../contracts/kit.ts'
import type { Context } from '../../context.ts'
import { can } from '../../domain/access.ts'
import { mayNotify } from '../../domain/blocking.ts'
import { messageTypeOf } from '../../domain/files.ts'
import { toMessage } from '../../domain/messages.ts'
import type { MessageRecord } from '../../domain/records.ts'
import { attach } from './attachments.ts'
import { loadRole, type RoleAccess } from '../conversations/load.ts'
import { checkMessageable } from '../conversations/messageable.ts'

type Send = Contract['messages']['send']

export async function send(context: Context<Send>, input: Input<Send>): Promise<Result<Send>> {
  const { caller, storage, commit, fail, ids, tokens } = context
  const allowed = ({ conversation, member }: RoleAccess) => can(caller.user, 'messages.send', member, conversation)
  const access = await loadRole(
    context,
    input.conversation_id,
    recent => allowed(recent) && !recent.conversation.disabled,
  )
  if (!allowed(access)) return fail('forbidden')
  if (input.type === 'system') return fail('system_message')
  const { conversation } = access

  const { client_id = null, content, reply_to = null, metadata = null } = input
  const mentions = [...new Set(input.mentions)]
  const digest = client_id === null ? null : tokens.digest(bodyOf(input, mentions))
  const repeated = (stored: MessageRecord) =>
    stored.digest === digest ? reply(200, toMessage(stored, caller.id)) : fail('client_id_reused')

  const needsChecks =
    conversation.disabled ||
    conversation.type === 'direct' ||
    mentions.length > 0 ||
    reply_to !== null ||
    input.attachments.length > 0
  let attachments: Attachment[] = []
  if (needsChecks) {
    // A repeat is answered before checks whose result may have changed since (specification, Errors). Without such checks the
    // append recognises it.
    const stored = client_id && (await storage.messages.findSent(conversation.id, caller.id, client_id))
    if (stored) return repeated(stored)
    await checkReferences(context, conversation.id, mentions, reply_to)
    attachments = await attach(context, input.attachments)
    await checkMessageable(context, conversation)
    if (conversation.disabled) return fail('conversation_disabled')
  }
  const type = input.type ?? (attachments[0] ? messageTypeOf(attachments[0].content_type) : 'text')
  const message = {
    id: ids(),
    sender_id: caller.id,
    client_id,
    type,
    content,
    attachments,
    reply_to,
    mentions,
    metadata,
  }
  const unmentioned = await unmentionedBy(context, mentions)
  const committed = await commit({ conversation }, { event: 'message.created', message, digest, unmentioned })
  if (committed.outcome === 'repeat') return repeated(committed.message)
  const [entry] = committed.outcome === 'committed' ? committed.entries : []
  if (entry?.event !== 'message.created') throw new Error('a send stored no message')
  return reply(201, { ...entry.data, reactions: [] })
}

async function checkReferences(
  { storage, fail }: Context<Send>,
  conversation_id: string,
  mentions: readonly string[],
  reply_to: string | null,
): Promise<void> {
  if (mentions.length > 0) {
    const members = await storage.members.findMany(conversation_id, mentions)
    if (members.length < mentions.length)
      return fail('validation_failed', {
        errors: [{ path: 'mentions', message: 'names a user who is not a member' }],
      })
  }
  if (reply_to !== null) {
    const original = await storage.messages.find(reply_to)
    if (original?.conversation_id !== conversation_id)
      return fail('validation_failed', {
        errors: [{ path: 'reply_to', message: 'is not a message of this conversation' }],
      })
  }
}

/** The mentioned users who have blocked the sender. */
async function unmentionedBy({ caller, storage }: Context<Send>, mentions: readonly string[]): Promise<string[]> {
  if (mentions.length === 0) return []
  const relations = await storage.contacts.relations(caller.id, mentions)
  return mentions.filter(user_id => !mayNotify(relations.get(user_id)))
}

/** What a repeat must have in common with the first request. A body without attachments gives the same as before there were any. */
function bodyOf(
  { type, content, reply_to = null, metadata = null, attachments }: Input<Send>,
  mentions: string[],
): string {
  if (attachments.length === 0) return canonical([type ?? 'text', content, reply_to, mentions, metadata])
  return canonical([type ?? null, content, reply_to, mentions, metadata, attachments])
}

/** The body as JSON with sorted keys: equal bodies give equal text. Only `metadata`, the last part, has keys. */
function canonical(parts: readonly unknown[]): string {
  if (parts.at(-1) === null) return JSON.stringify(parts)
  return JSON.stringify(parts, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}
