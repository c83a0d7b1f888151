// Generated from contracts/ by `bun run docs`. Do not edit.

/** The version of the socket’s protocol. */
export const PROTOCOL = 1
/** How often the server asks whether the client is there. */
export const HEARTBEAT_MS = 25000
/** A larger frame to the server is closed 1009. */
export const MAX_FRAME_BYTES = 65536
/** Streams that one `resume` may name. */
export const MAX_POSITIONS = 1000
/** Participants that a conversation lists. */
export const INLINE_PARTICIPANTS = 100
/** Users that a reaction lists. */
export const INLINE_REACTORS = 20
/** How long a user counts as typing after the last call that says so. */
export const TYPING_MS = 8000
/** Users of whom one call asks the status. */
export const MAX_PRESENCE_IDS = 100
/** Users to whose statuses one socket is subscribed. */
export const MAX_SUBSCRIBED = 200

/** Why the server closes a socket, and what a client does then. */
export const CLOSE_CODES = {
  1009: { reason: 'frame too large', reconnect: 'no' },
  1012: { reason: 'restart', reconnect: 'yes, with jitter' },
  4400: { reason: 'bad frame', reconnect: 'no' },
  4401: { reason: 'unauthenticated', reconnect: 'after a refresh' },
  4403: { reason: 'forbidden', reconnect: 'no' },
  4408: { reason: 'slow', reconnect: 'yes' },
  4410: { reason: 'no pong', reconnect: 'yes' },
  4429: { reason: 'flood', reconnect: 'yes, after a wait' },
  4430: { reason: 'too many connections', reconnect: 'no' },
  4500: { reason: 'internal', reconnect: 'yes, after a wait' },
} as const
export type CloseCode = keyof typeof CLOSE_CODES
