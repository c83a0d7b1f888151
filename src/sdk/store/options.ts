import type { Conversation } from '../wire-types.ts'
import type { StorePersistence } from './persistence.ts'

export interface StoreOptions {
  /** Default: nothing is kept between two starts. */
  persistence?: StorePersistence
  random?: () => number
}

export interface StoreEvents {
  /** A conversation has changed or appeared; `conversation` is null if the viewer is no longer a member. */
  change: { conversation_id: string; conversation: Conversation | null }
}
