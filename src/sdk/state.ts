import { INLINE_PARTICIPANTS } from '../../contracts/entities.ts'
import { permissionsNow } from '../../contracts/permissions.ts'
import { after, countedOf, countsNow, remember, type Memory } from './counts.ts'
import { messageAfter, newMessage } from './message-state.ts'
import type { Conversation, EventData, EventFrame, EventMessage, EventName, Message, Role } from './wire-types.ts'

/** Messages kept of one conversation. The oldest are dropped first, and can be fetched again. */
export const MAX_MESSAGES = 5_000

export interface Viewer {
  id: string
  role: Role
}

/** A conversation as its member sees it: a snapshot with all events since. */
export interface ConversationState {
  readonly conversation: Conversation
  /** The snapshot it is based on: the same object until another snapshot is fetched. */
  readonly snapshot: Conversation
  /** Messages by id, loaded or received: from some seq on, without gaps. */
  readonly messages: ReadonlyMap<string, Message>
  /** The effects of recent changes on the unread counts. */
  readonly memory: Memory
  /** A marker whose `at_change` the conversation has not reached yet. */
  readonly held: EventData<'read.updated'> | null
  /** Whether events do not suffice any more: fetch the conversation again. */
  readonly stale: boolean
}

export function stateOf(conversation: Conversation, messages: Iterable<Message> = []): ConversationState {
  const memory = { since: conversation.last_change, changes: [] }
  const byId = new Map([...messages].map(message => [message.id, message]))
  return { conversation, snapshot: conversation, messages: byId, memory, held: null, stale: false }
}

/**
 * Adds a page of the history after applying the events `since` its request. Loaded messages that are newer stay.
 */
export function withMessages(
  state: ConversationState,
  page: readonly Message[],
  viewer: Viewer,
  since: readonly EventFrame[] = [],
): ConversationState {
  const messages = new Map(state.messages)
  for (const message of page) {
    const now = since.reduce((before, frame) => messageAfter(before, frame, viewer.id), message)
    if (now.change >= (messages.get(now.id)?.change ?? 0)) messages.set(now.id, now)
  }
  return { ...state, messages }
}

/** The state with the permissions that the viewer's present global role gives. */
export function withViewer(state: ConversationState, viewer: Viewer): ConversationState {
  const { conversation } = state
  const { me } = conversation
  if (!me) return state
  return merged(state, { me: { ...me, permissions: permissionsNow(viewer.role, me.role, conversation) } })
}

type Reducer<E extends EventName> = (
  state: ConversationState,
  data: EventData<E>,
  viewer: Viewer,
  frame: EventFrame,
) => ConversationState

/** One rule for each event of a conversation's stream that changes the state. */
const REDUCERS: { [E in EventName]?: Reducer<E> } = {
  'conversation.updated': (state, { conversation, message }, viewer) => {
    const { name, topic, avatar_file_id, visibility, disabled, updated_at } = conversation
    const next = merged(state, { name, topic, avatar_file_id, visibility, disabled, updated_at })
    return withViewer(message ? withNew(next, message, viewer) : next, viewer)
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
    return withViewer(merged(next, { me: { ...me, role } }), viewer)
  },
  'member.removed': (state, { user_ids, moved_up, participant_count, message }, viewer) => {
    const stay = state.conversation.participants.filter(member => !user_ids.includes(member.user_id))
    // Entries stored by an earlier version of the server have no `moved_up`.
    const participants = [...stay, ...(moved_up ?? [])]
    return withNew(merged(state, { participants, participant_count }), message, viewer)
  },
  'message.created': (state, message, viewer) => withNew(state, message, viewer),
  'message.updated': (state, { id }, viewer, frame) => withChanged(state, id, viewer, frame),
  'message.deleted': (state, message, viewer, frame) =>
    counting(withChanged(state, message.id, viewer, frame), 'deleted', message, viewer),
  'message.reacted': (state, { message_id }, viewer, frame) => withChanged(state, message_id, viewer, frame),
}

/**
 * The state after an event of the conversation's stream. Events up to `last_change` are in the snapshot and change nothing.
 * Events must come in order, which the live connection guarantees.
 */
export function apply(state: ConversationState, frame: EventFrame, viewer: Viewer): ConversationState {
  const { change, data, event } = frame
  if (change === undefined || change <= state.conversation.last_change) return state
  // Cast: `data` is what contracts/events.ts defines for this event.
  const reduce = REDUCERS[event]
  const next = reduce ? reduce(state, data as never, viewer, frame) : state
  return release(merged(next, { last_change: change }))
}

/** The state after an event of the viewer's own stream that concerns this conversation. */
export function applyOwn(state: ConversationState, frame: EventFrame): ConversationState {
  const { me } = state.conversation
  if (!me) return state
  if (frame.event === 'membership.updated') {
    const { muted_until, pinned, archived, notify } = frame.data as EventData<'membership.updated'>
    return merged(state, { me: { ...me, muted_until, pinned, archived, notify } })
  }
  if (frame.event !== 'read.updated') return state
  return release({ ...state, held: frame.data as EventData<'read.updated'> })
}

/** Applies a held marker once the conversation is where the marker's counts were taken. */
function release(state: ConversationState): ConversationState {
  const { held, conversation, memory } = state
  const { me } = conversation
  if (!held || !me || conversation.last_change < held.at_change) return state
  const { last_read_seq, unread_count, mention_count, at_change } = held
  const counts = countsNow({ last_read_seq, unread_count, mention_count, at_change }, memory)
  if (counts) return { ...merged(state, { me: { ...me, ...counts } }), held: null }
  // A marker older than the snapshot is contained in it; if it is not, the snapshot has to be fetched again.
  return { ...state, held: null, stale: state.stale || last_read_seq !== me.last_read_seq }
}

/** Adds a new message. If it has been fetched meanwhile, the fetched one may be newer. */
function withNew(state: ConversationState, event: EventMessage, viewer: Viewer): ConversationState {
  const message = state.messages.get(event.id) ?? newMessage(event)
  const messages = trimmed(new Map(state.messages).set(message.id, message))
  const next = merged({ ...state, messages }, { last_seq: message.seq, last_message: message })
  return counting(next, 'created', event, viewer)
}

function withChanged(state: ConversationState, id: string, viewer: Viewer, frame: EventFrame): ConversationState {
  const { last_message } = state.conversation
  const loaded = state.messages.get(id)
  const messages = loaded ? new Map(state.messages).set(id, messageAfter(loaded, frame, viewer.id)) : state.messages
  const next = { ...state, messages }
  return last_message ? merged(next, { last_message: messageAfter(last_message, frame, viewer.id) }) : next
}

function counting(
  state: ConversationState,
  kind: 'created' | 'deleted',
  message: EventMessage,
  viewer: Viewer,
): ConversationState {
  const counted = countedOf(kind, message, viewer.id)
  if (!counted) return state
  const next = { ...state, memory: remember(state.memory, counted) }
  const { me } = state.conversation
  return me ? merged(next, { me: { ...me, ...after(me, counted) } }) : next
}

function trimmed(messages: Map<string, Message>): Map<string, Message> {
  if (messages.size <= MAX_MESSAGES) return messages
  const oldest = [...messages.values()].reduce((a, b) => (b.seq < a.seq ? b : a))
  messages.delete(oldest.id)
  return messages
}

function merged(state: ConversationState, patch: Partial<Conversation>): ConversationState {
  return { ...state, conversation: { ...state.conversation, ...patch } }
}
