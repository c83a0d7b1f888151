import { z } from 'zod'
import {
  Contact,
  EventConversation,
  EventMessage,
  EventReaction,
  Member,
  Me,
  Preferences,
  PublicUser,
  Status,
  memberRole,
} from './entities.ts'
import { id, time } from './fields.ts'

/**
 * Every event. `stream` is the stream that numbers it: the conversation's, the user's, or none. Without a stream the event has
 * no `change` and may be lost; clients fetch its state again after `resumed`.
 */
interface EventDefinition {
  readonly stream: 'conversation' | 'user' | 'none'
  readonly data: z.ZodObject
}

/** Whom an event without a stream concerns, and what hides it. `src/domain/ephemeral.ts` decides it. */
export interface EphemeralRule {
  /** `conversation`: its members. `users`: those whom the publisher names. `subscribers`: by `presence.subscribe`. */
  readonly audience: 'conversation' | 'users' | 'subscribers'
  /** Whether the user whom the event is about gets it too. */
  readonly to_self: boolean
  /**
   * `block`: one of the two has blocked the other. `invisible`: the user chose to look offline. `large`: the conversation has more
   * members than typing is told to. `large_unless_asked`: it is large, and the viewer has not asked for its receipts lately.
   */
  readonly hidden_by: readonly ('block' | 'invisible' | 'large' | 'large_unless_asked')[]
}

function event<const S extends EventDefinition['stream'], D extends z.ZodObject>(stream: S, data: D) {
  return { stream, data } as const
}

function ephemeral<const R extends EphemeralRule, D extends z.ZodObject>(data: D, rule: R) {
  return { stream: 'none', data, ...rule } as const
}

const pin = z.object({ message_id: id, user_id: id, at: time })

export const EVENTS = {
  'conversation.created': event(
    'conversation',
    z.object({
      conversation: EventConversation,
      member_ids: z.array(id).meta({ description: 'all members, without a limit' }),
    }),
  ),
  'conversation.updated': event(
    'conversation',
    z.object({ conversation: EventConversation, message: EventMessage.nullable() }),
  ),
  'conversation.deleted': event('conversation', z.object({ conversation_id: id })),
  'member.added': event(
    'conversation',
    z.object({ members: z.array(Member), participant_count: z.int(), message: EventMessage }),
  ),
  'member.updated': event('conversation', z.object({ user_id: id, role: memberRole })),
  'member.removed': event(
    'conversation',
    z.object({
      user_ids: z.array(id),
      moved_up: z.array(Member).optional().meta({
        description: 'members who come into the first 100 `participants`; absent in entries of earlier versions',
      }),
      participant_count: z.int(),
      message: EventMessage,
    }),
  ),
  'message.created': event('conversation', EventMessage),
  'message.updated': event('conversation', EventMessage),
  'message.deleted': event('conversation', EventMessage),
  'message.reacted': event(
    'conversation',
    z.object({
      message_id: id,
      reactions: z.array(EventReaction),
      user_id: id,
      emoji: z.string(),
      added: z.boolean(),
    }),
  ),
  'message.pinned': event('conversation', pin),
  'message.unpinned': event('conversation', pin),

  'conversation.joined': event('user', z.object({ conversation: EventConversation })),
  'conversation.left': event('user', z.object({ conversation_id: id })),
  'read.updated': event(
    'user',
    z.object({
      conversation_id: id,
      last_read_seq: z.int(),
      at_seq: z.int().meta({ description: "the conversation's last_seq when the marker was set" }),
      at_change: z.int().meta({ description: "the conversation's last_change for which the two counts hold" }),
      unread_count: z.int(),
      mention_count: z.int(),
    }),
  ),
  'membership.updated': event(
    'user',
    z.object({
      conversation_id: id,
      ...Me.pick({ muted_until: true, pinned: true, archived: true, notify: true }).shape,
    }),
  ),
  'contact.added': event('user', Contact),
  'contact.updated': event('user', Contact),
  'contact.removed': event('user', Contact),
  'preferences.updated': event('user', Preferences),

  'receipt.updated': ephemeral(z.object({ conversation_id: id, user_id: id, last_read_seq: z.int(), at: time }), {
    audience: 'conversation',
    to_self: false,
    hidden_by: ['block', 'large_unless_asked'],
  }),
  'user.updated': ephemeral(z.object({ user: PublicUser }), {
    audience: 'users',
    to_self: true,
    hidden_by: [],
  }),
  'typing.started': ephemeral(z.object({ conversation_id: id, user_id: id, expires_at: time }), {
    audience: 'conversation',
    to_self: false,
    hidden_by: ['block', 'invisible', 'large'],
  }),
  'typing.stopped': ephemeral(z.object({ conversation_id: id, user_id: id }), {
    audience: 'conversation',
    to_self: false,
    hidden_by: ['block', 'invisible', 'large'],
  }),
  'presence.updated': ephemeral(Status, {
    audience: 'subscribers',
    to_self: true,
    hidden_by: ['block', 'invisible'],
  }),
} as const satisfies Record<string, EventDefinition>

export type EventName = keyof typeof EVENTS
export type EventData<E extends EventName> = z.infer<(typeof EVENTS)[E]['data']>

type NamesOf<S extends EventDefinition['stream']> = {
  [E in EventName]: (typeof EVENTS)[E]['stream'] extends S ? E : never
}[EventName]
export type ConversationEvent = NamesOf<'conversation'>
export type UserEvent = NamesOf<'user'>
export type DurableEvent = ConversationEvent | UserEvent
export type EphemeralEvent = NamesOf<'none'>
