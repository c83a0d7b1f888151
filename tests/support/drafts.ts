import type { DraftOf, NewMessage } from '../../src/domain/log/entry.ts'

/** Drafts as handlers make them, with defaults for everything that a test does not need. */
export function group(created_by: string, ...others: string[]): DraftOf<'conversation.created'> {
  const conversation = {
    type: 'group' as const,
    name: 'Kitchen',
    topic: null,
    visibility: 'private' as const,
    created_by,
  }
  return { event: 'conversation.created', conversation, member_ids: [created_by, ...others] }
}

export function direct(created_by: string, other: string): DraftOf<'conversation.created'> {
  const conversation = { type: 'direct' as const, name: null, topic: null, visibility: 'private' as const, created_by }
  return { event: 'conversation.created', conversation, member_ids: [created_by, other] }
}

/** A message that mentions users and counts for none of those `unmentioned`. The audit of a store reads them in the metadata. */
export function saidUnmentioned(sender_id: string, mentions: string[], unmentioned: string[]) {
  const draft = said(sender_id, 'a mention that does not count', { client_id: 'unmentioned', mentions })
  return { ...draft, message: { ...draft.message, metadata: { unmentioned } }, unmentioned }
}

export function said(
  sender_id: string,
  content: string,
  { client_id = null, mentions = [], attachments = [], id = Bun.randomUUIDv7() }: Partial<NewMessage> = {},
): DraftOf<'message.created'> {
  const rest = { type: 'text' as const, content, attachments, reply_to: null, mentions, metadata: null }
  const message = { id, sender_id, client_id, ...rest }
  return { event: 'message.created', message, digest: `digest of ${content}` }
}
