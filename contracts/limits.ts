/**
 * Limits that are neither settings (`src/config.ts`) nor part of a frame (`socket.ts`), each under the one name by which the
 * code and the tables of the documentation know it.
 */

/** Bytes of UTF-8 of a page: a list, a page of `/sync`, one read of a subscription (specification, Lists). */
export const MAX_ANSWER_BYTES = 256 * 1024
/** A replay goes on only while no more bytes than this are unsent on its socket (specification, Realtime). */
export const MAX_REPLAY_UNSENT = 256 * 1024
/**
 * A socket with more unsent bytes at a check is closed 4408, which a client that reads still gets (specification, Realtime).
 */
export const SLOW_UNSENT = 768 * 1024
/** Above these the runtime drops the socket at once, and its client sees 1006 (specification, Realtime). */
export const MAX_SOCKET_UNSENT = 1024 * 1024
/** Frames of one socket that wait for their turn. */
export const MAX_QUEUED = 256
/** Replays of one socket that wait for their turn. */
export const MAX_REPLAYS = 64
/** Sockets and subscriptions of one user (specification, Realtime). */
export const MAX_CONNECTIONS = 10
/** Sockets of one address that are not authenticated yet. */
export const MAX_UNAUTHENTICATED = 256
/** Connections of one address that are kept open, in a minute, after a request that was not authenticated. */
export const MAX_KEPT_UNAUTHENTICATED = 100
/** Above this multiple of `PARLEY_RATE_CALLS` a user's sockets are closed 4429 (specification, Realtime). */
export const FLOOD = 5
/** Calls that one tRPC request batches. */
export const MAX_BATCHED = 10
/** How long a user counts as typing after the last call that says so (specification, Typing). */
export const TYPING_MS = 8_000
/** Characters of a search query. Its words are limited too: `MAX_QUERY_WORDS` in `src/domain/search/query.ts`. */
export const MAX_QUERY = 256
/** Users of whom one call asks the status (specification, Status). */
export const MAX_PRESENCE_IDS = 100
/** Users to whose statuses one socket is subscribed (specification, Status). */
export const MAX_SUBSCRIBED = 200
