import type { Published } from '../domain/ephemeral.ts'

/**
 * Carries notes between the nodes of one installation. Guarantees of every adapter, each a case of `tests/conformance/bus`:
 *
 * - At most once: a note may be lost, and none comes twice. What a note says is a hint only; the truth is in the store.
 * - A note reaches the nodes that are subscribed to its topic, never the one that sent it. The notes of one node come in the order
 *   in which it sent them.
 * - No method throws because the connection is lost, and none waits for it: notes are dropped until it is restored.
 * - Closing waits, for a bounded time, until notes that were published before have left.
 * - Notes come from nodes with the same signing secret and the same store only.
 */
export interface Bus extends AsyncDisposable {
  publish(topic: string, note: Note): void
  /** Takes effect a moment later, and again by itself after the connection was lost. Repeating it changes nothing. */
  subscribe(topic: string): void
  unsubscribe(topic: string): void
  /** The listener must not wait. If it throws, the others are called, and a warning is logged. */
  onNote(listener: (note: Note, topic: string) => void): void
  /** Called when the connection is lost: from now on notes are lost in both directions. */
  onLost(listener: () => void): void
  /** Called when notes come and go again: every subscription is in effect. */
  onRestored(listener: () => void): void
  /** false from `onLost` to `onRestored`. */
  readonly connected: boolean
}

/** The topic that every node is subscribed to. Other topics are ids of streams, and `status:` with the id of a user. */
export const ALL_NODES = 'nodes'

export type Note =
  /** The log of this stream has reached `change`. Sent to all nodes if the entry begins or ends memberships. */
  | { kind: 'committed'; stream: string; change: number }
  | { kind: 'sessions_ended'; session_ids: readonly string[] }
  /** An event that is not stored. Sent to the topic of its conversation, or to all nodes. */
  | { kind: 'event'; published: Published }
  | PresenceNote
  /** Asks this node for all users who are online there. Sent to all nodes. */
  | { kind: 'presence_wanted'; node: string }
  /** The user has set another status. Sent to the topic `status:` and the user's id. */
  | { kind: 'status_changed'; user_id: string }
  /** The node that sends it had lost the bus: what it committed meanwhile was not announced. */
  | { kind: 'missed' }

/** Users who came online on a node, with the time, and who went offline there; none of either: it only lives. Sent to all nodes. */
export interface PresenceNote {
  kind: 'presence'
  node: string
  /** How many changes the node has told, this one included. */
  version: number
  online: readonly (readonly [user_id: string, at: string])[]
  offline: readonly string[]
  /** One of several notes that list all `count` users of the node; null: a change. */
  whole: { first: boolean; count: number } | null
}
