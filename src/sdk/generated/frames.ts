// Generated from contracts/ by `bun run docs`. Do not edit.
import type { User, UnreadTotals } from './entities.ts'
import type { Problem } from './error-codes.ts'

/** What a client may send. */
export type ClientFrame =
  | {
      type: 'auth'
      token: string
      /** of an API key: the user to call as */
      act_as?: string | undefined
      resume?: { epoch: string; positions: Record<string, number> } | undefined
      /** whether `ready` should have `heads` */
      heads?: boolean | undefined
    }
  | {
      type: 'call'
      id: string | number
      op: string
      /** an object; default {} */
      input?: unknown
    }
  | { type: 'resume'; epoch: string; positions: Record<string, number> }
  | { type: 'pong' }
  | { type: 'ping' }

/** What the server may send, apart from `EventFrame`. */
export type ControlFrame =
  | { type: 'hello'; protocol: number; feature_level: number; heartbeat_ms: number; max_frame_bytes: number }
  | {
      type: 'ready'
      user: User
      session_id: string
      unread: UnreadTotals
      epoch: string
      /** the head of the user's own stream */
      change: number
      /** if asked for: conversation → the change after which its events follow on this socket */
      heads?: Record<string, number> | undefined
    }
  | { type: 'result'; id: string | number; status: number; data: unknown }
  | { type: 'error'; id: string | number | null; error: Problem }
  | { type: 'resync'; stream: string; change: number }
  | { type: 'resumed' }
  | { type: 'ping' }
  | { type: 'pong' }
