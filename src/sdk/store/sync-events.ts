import type { Known } from './blocked.ts'
import type { ConversationState, Viewer } from './state.ts'

/** Which page of a history is fetched: after or before a message, which it contains, or around one. Neither: the newest. */
export type PageOf = { sort: 'asc' | 'desc'; start?: string } | { around: string }

/** What was known at an earlier start. */
export interface Restored {
  viewer: Viewer
  epoch: string
  /** The position in the viewer's own stream. */
  change: number
  blocked: Known
  states: readonly ConversationState[]
}

export interface SyncEvents {
  /** A conversation has changed, or appeared, also again; `state` is null if the viewer is no longer a member. */
  change: { conversation_id: string; state: ConversationState | null; appeared: boolean }
  /** The whole inbox has been fetched. */
  loaded: null
  /** Somebody has signed in or out: what is known of the user before is dropped. */
  viewer: { now: Viewer | null; before: Viewer | null }
  /** Fetches wait, or go on; or the inbox could not be fetched. */
  status: Error | null
}
