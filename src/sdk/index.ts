/** The TypeScript client of Parley: typed calls, a live connection that reconnects and resumes, an outbox, a store. */
export { createClient, type Client, type ClientOptions, type Methods } from './client.ts'
export { ConnectionLost, ParleyError, isRefusal } from './errors.ts'
export { type Answer } from './http.ts'
export { Live, type LiveEvents, type LiveState, type Ready } from './live.ts'
export { Outbox, memoryOutbox, type Draft, type OutboxStore, type Waiting } from './outbox.ts'
export { memoryTokens, type TokenStore, type Tokens } from './tokens.ts'
export * from './store/index.ts'
export type * from './wire-types.ts'
