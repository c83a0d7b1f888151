import type { Conversation, EventData, EventFrame, EventMessage, EventName, Message, Role } from '../wire-types.ts'
import { after, countedOf, countsNow, remember, type Memory } from './counts.ts'
import { messageAfter, newMessage } from './message-state.ts'
import { permissionsOf } from './permissions.ts'
import { appended, changed, lastOf, trimmed, windowAt, windowsOf, type Windows } from './windows.ts'

/** Messages kept of one conversation while it is shown. Those farthest from what was loaded last are dropped first. */
export const MAX_MESSAGES = 5_000
/** Messages kept of a conversation that is not shown: its newest. */
export const MAX_UNSHOWN = 100
/** Participants that a conversation lists; one more is not added. */
const MAX_PARTICIPANTS = 100

export interface Viewer {
  id: string
  role: Role
}

/** A conversation as its member sees it: a snapshot with all events since. */
export interface ConversationState {
  readonly conversation: Conversation
  /** The snapshot it is based on: the same object until another snapshot is fetched. */
  readonly snapshot: Conversation
  /** The messages that are loaded or were received. */
  readonly windows: Windows
  /** How many of them are kept. */
  readonly most: number
  /** When something last happened, as the order of the inbox has it: never goes back, even if the server's clock does. */
  readonly activity: string
  /** The effects of recent changes on the unread counts. */
  readonly memory: Memory
  /** A marker whose `at_change` the conversation has not reached yet. */
  readonly held: EventData<'read.updated'> | null
  /** Whether events do not suffice any more: fetch the conversation again. */
  readonly stale: boolean
}

/** `before`: the state that the snapshot takes the place of. */
export function stateOf(
  conversation: Conversation,
  messages: Iterable<Message> = [],
  before: Pick<ConversationState, 'most' | 'activity'> = { most: MAX_UNSHOWN, activity: '' },
): ConversationState {
  const { most } = before
  const memory = { since: conversation.last_change, changes: [] }
  const activity = later(before.activity, conversation.last_message?.created_at ?? conversation.created_at)
  const windows = windowsOf(messages)
  return { conversation, snapshot: conversation, windows, most, activity, memory, held: null, stale: false }
}

/**
 * Adds a page of the history after applying the events `since` its request. Of loaded messages the later version stays.
 */
export function withMessages(
  state: ConversationState,
  page: readonly Message[],
  viewer: Viewer,
  since: readonly EventFrame[] = [],
): ConversationState {
  const now = page.map(message => since.reduce((before, frame) => messageAfter(before, frame, viewer.id), message))
  const windows = windowsOf([...state.windows.flat(), ...now])
  const centre = now[now.length >> 1]?.seq ?? 0
  return { ...state, most: MAX_MESSAGES, windows: trimmed(windows, MAX_MESSAGES, centre) }
}

/** The state with a version of a loaded message that a call has answered, if it is later. */
export function withVersion(state: ConversationState, message: Message): ConversationState {
  const later = (known: Message) => (known.id === message.id && known.change < message.change ? message : known)
  const { last_message } = state.conversation
  const next = { ...state, windows: changed(state.windows, later) }
  return last_message ? merged(next, { last_message: later(last_message) }) : next
}

/** The state of a conversation that is not shown any more. */
export function unshown(state: ConversationState): ConversationState {
  const tail = state.windows.at(-1)
  const windows = tail ? trimmed([tail], MAX_UNSHOWN, lastOf(tail).seq) : state.windows
  return { ...state, windows, most: MAX_UNSHOWN }
}

/** The messages that are loaded, oldest first. */
export function messagesOf(state: ConversationState | null): readonly Message[] {
  return state?.windows.flat() ?? []
}

/** The order of the inbox, which is that of the server: latest activity first, then by id, descending. */
export function byActivity(a: ConversationState, b: ConversationState): number {
  if (a.activity !== b.activity) return a.activity < b.activity ? 1 : -1
  return a.conversation.id < b.conversation.id ? 1 : -1
}

/** The state with the permissions that the viewer's present global role gives. */
export function withViewer(state: ConversationState, viewer: Viewer): ConversationState {
  const { conversation } = state
  const { me } = conversation
  if (!me) return state
  return merged(state, { me: { ...me, permissions: permissionsOf(viewer.role, me.role, conversation) } })
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
    const participants = [...state.conversation.participants, ...members].slice(0, MAX_PARTICIPANTS)
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
  'message.updated': (state, _message, viewer, frame) => withChanged(state, viewer, frame),
  'message.deleted': (state, message, viewer, frame) =>
    counting(withChanged(state, viewer, frame), 'deleted', message, viewer),
  'message.reacted': (state, _reaction, viewer, frame) => withChanged(state, viewer, frame),
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
    const { muted_until, pinned, archived, notify } = frame.data
    return merged(state, { me: { ...me, muted_until, pinned, archived, notify } })
  }
  if (frame.event !== 'read.updated') return state
  return release({ ...state, held: frame.data })
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
  const windows = trimmed(appended(state.windows, newMessage(event)), state.most, event.seq)
  const window = windowAt(windows, event.seq)
  const last_message = window?.[event.seq - window[0].seq] ?? newMessage(event)
  const activity = later(state.activity, event.created_at)
  const next = merged({ ...state, windows, activity }, { last_seq: event.seq, last_message })
  return counting(next, 'created', event, viewer)
}

function withChanged(state: ConversationState, viewer: Viewer, frame: EventFrame): ConversationState {
  const { last_message } = state.conversation
  const after = (message: Message) => messageAfter(message, frame, viewer.id)
  const next = { ...state, windows: changed(state.windows, after) }
  return last_message ? merged(next, { last_message: after(last_message) }) : next
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

function later(a: string, b: string): string {
  return a < b ? b : a
}

function merged(state: ConversationState, patch: Partial<Conversation>): ConversationState {
  return { ...state, conversation: { ...state.conversation, ...patch } }
}
