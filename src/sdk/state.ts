import type { Conversation, EventMessage, Me, Message, Reaction } from '../../contracts/entities.ts'
import type { EventData, EventName } from '../../contracts/events.ts'
import type { Role } from '../../contracts/kit.ts'
import { permissionsNow } from '../../contracts/permissions.ts'
import type { EventFrame } from '../../contracts/socket.ts'
import { countsAfter, remember, type Counted } from './counts.ts'

/** As many participants as a conversation lists inline. */
const INLINE_PARTICIPANTS = 100
const INLINE_REACTORS = 20

export interface Viewer {
  id: string
  role: Role
}

/** A conversation as its member sees it: a snapshot, and all events since. */
export interface ConversationState {
  readonly conversation: Conversation
  /** Messages that were loaded or have come, by id. */
  readonly messages: ReadonlyMap<string, Message>
  /** What recent changes did to the unread counts; see `counts.ts`. */
  readonly counted: readonly Counted[]
  /** A marker that belongs to a later change than the conversation has reached. */
  readonly held: EventData<'read.updated'> | null
  /** Something that events cannot tell any more: fetch the conversation again. */
  readonly stale: boolean
}

export function stateOf(conversation: Conversation, messages: Iterable<Message> = []): ConversationState {
  const all = new Map([...messages].map(message => [message.id, message]))
  return { conversation, messages: all, counted: [], held: null, stale: false }
}

/** Adds a page of the history; what is loaded and newer stays. */
export function withMessages(state: ConversationState, page: readonly Message[]): ConversationState {
  const messages = new Map(state.messages)
  for (const message of page)
    if (message.change >= (messages.get(message.id)?.change ?? 0)) messages.set(message.id, message)
  return { ...state, messages }
}

type Reducer<E extends EventName> = (
  state: ConversationState,
  data: EventData<E>,
  viewer: Viewer,
  change: number,
) => ConversationState

/** One rule for each event of a conversation's stream. */
const REDUCERS: { [E in EventName]?: Reducer<E> } = {
  'conversation.updated': (state, { conversation, message }, viewer) => {
    const { name, topic, avatar_file_id, disabled, updated_at } = conversation
    const next = merged(state, { name, topic, avatar_file_id, disabled, updated_at })
    return withPermissions(message ? withNew(next, message, viewer) : next, viewer)
  },
  'member.added': (state, { members, participant_count, message }, viewer) => {
    const participants = [...state.conversation.participants, ...members].slice(0, INLINE_PARTICIPANTS)
    return withNew(merged(state, { participants, participant_count }), message, viewer)
  },
  'member.updated': (state, { user_id, role }, viewer) => {
    const participants = state.conversation.participants.map(member =>
      member.user_id === user_id ? { ...member, role } : member,
    )
    const next = merged(state, { participants })
    const { me } = next.conversation
    if (user_id !== viewer.id || !me) return next
    return withPermissions(merged(next, { me: { ...me, role } }), viewer)
  },
  'member.removed': (state, { user_ids, participant_count, message }, viewer) => {
    const participants = state.conversation.participants.filter(member => !user_ids.includes(member.user_id))
    const next = withNew(merged(state, { participants, participant_count }), message, viewer)
    // Whoever moves up into the list is not told.
    const short = participants.length < Math.min(INLINE_PARTICIPANTS, participant_count)
    return short ? { ...next, stale: true } : next
  },
  'message.created': (state, message, viewer) => withNew(state, message, viewer),
  'message.updated': (state, message) => withChanged(state, message),
  'message.deleted': (state, message, viewer, change) =>
    counting(withChanged(state, message), { change, kind: 'deleted', message }, viewer),
  'message.reacted': (state, { message_id, reactions, user_id, emoji, added }, viewer, change) => {
    const mine = user_id === viewer.id ? { emoji, me: added } : null
    return withMessage(state, message_id, before => ({
      ...before,
      change,
      reactions: seen(reactions, before.reactions, mine),
    }))
  },
}

/**
 * The state after an event of the conversation's stream. Events up to `last_change` are in the snapshot and change nothing;
 * they must come in order (the live connection sees to that).
 */
export function apply(state: ConversationState, frame: EventFrame, viewer: Viewer): ConversationState {
  const { change, data, event } = frame
  if (change === undefined || change <= state.conversation.last_change) return state
  // `data` is what contracts/events.ts says of this event.
  const reduce = REDUCERS[event] as Reducer<EventName> | undefined
  const next = reduce ? reduce(state, data as never, viewer, change) : state
  return release(merged(next, { last_change: change }), viewer)
}

/** The state after an event of the viewer's own stream that concerns this conversation. */
export function applyOwn(state: ConversationState, frame: EventFrame, viewer: Viewer): ConversationState {
  const { me } = state.conversation
  if (!me) return state
  if (frame.event === 'membership.updated') {
    const { muted_until, pinned, archived, notify } = frame.data as EventData<'membership.updated'>
    return merged(state, { me: { ...me, muted_until, pinned, archived, notify } })
  }
  if (frame.event !== 'read.updated') return state
  return release({ ...state, held: frame.data as EventData<'read.updated'> }, viewer)
}

/** Applies a held marker once the conversation is where the marker's counts were taken. */
function release(state: ConversationState, viewer: Viewer): ConversationState {
  const { held, conversation, counted } = state
  if (!held || !conversation.me || conversation.last_change < held.at_change) return state
  const counts = countsAfter(held, counted, conversation.last_change, viewer.id)
  if (!counts) return { ...state, held: null, stale: true }
  return { ...merged(state, { me: { ...conversation.me, ...counts } }), held: null }
}

/** A message that was just stored: by somebody, or by the system. */
function withNew(state: ConversationState, event: EventMessage, viewer: Viewer): ConversationState {
  const message = toMessage(event, [])
  const messages = new Map(state.messages).set(message.id, message)
  const next = merged({ ...state, messages }, { last_seq: message.seq, last_message: message })
  return counting(next, { change: message.change, kind: 'created', message: event }, viewer)
}

function withChanged(state: ConversationState, event: EventMessage): ConversationState {
  return withMessage(state, event.id, before => toMessage(event, before.reactions))
}

function withMessage(state: ConversationState, id: string, change: (before: Message) => Message): ConversationState {
  const { last_message } = state.conversation
  const loaded = state.messages.get(id)
  const messages = loaded ? new Map(state.messages).set(id, change(loaded)) : state.messages
  const next = { ...state, messages }
  return last_message?.id === id ? merged(next, { last_message: change(last_message) }) : next
}

function counting(state: ConversationState, counted: Counted, viewer: Viewer): ConversationState {
  const { me } = state.conversation
  const next = { ...state, counted: remember(state.counted, counted) }
  if (!me) return next
  const base = { ...me, at_change: counted.change - 1 }
  const counts = countsAfter(base, [counted], counted.change, viewer.id)
  return counts ? merged(next, { me: { ...me, ...counts } }) : next
}

function withPermissions(state: ConversationState, viewer: Viewer): ConversationState {
  const { conversation } = state
  const { me } = conversation
  if (!me) return state
  const changed: Me = { ...me, permissions: permissionsNow(viewer.role, me.role, conversation) }
  return merged(state, { me: changed })
}

/** Which reactions are the viewer's own: as before, but for the one that the viewer has just changed. */
function seen(
  reactions: EventMessage['reactions'],
  before: readonly Reaction[],
  mine: { emoji: string; me: boolean } | null,
): Reaction[] {
  return reactions.map(reaction => {
    const known = before.find(each => each.emoji === reaction.emoji)?.me ?? false
    return {
      ...reaction,
      user_ids: reaction.user_ids.slice(0, INLINE_REACTORS),
      me: mine?.emoji === reaction.emoji ? mine.me : known,
    }
  })
}

function toMessage(event: EventMessage, before: readonly Reaction[]): Message {
  return { ...event, reactions: seen(event.reactions, before, null) }
}

function merged(state: ConversationState, patch: Partial<Conversation>): ConversationState {
  return { ...state, conversation: { ...state.conversation, ...patch } }
}
