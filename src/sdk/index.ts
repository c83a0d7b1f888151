/** The TypeScript client of Parley: typed calls, a live connection that reconnects and resumes, an outbox. Its store is another entry (`store/`). */
export type { CallOptions, UploadOptions, UploadProgress } from './call-options.ts'
export { createClient, type Client, type ClientOptions } from './client.ts'
export { ConnectionLost, ParleyError, isRefusal, refusalOf } from './errors.ts'
export { type Answer } from './http.ts'
export type { FileMethods } from './methods.ts'
export type { Pages } from './pages.ts'
export { browserEnvironment, type Channel, type Environment, type Locks, type Sign } from './environment.ts'
export { Live } from './live.ts'
export type { LiveEvents, Ready } from './live-events.ts'
export type { LiveStatus } from './status.ts'
export { Outbox, type Prepare } from './outbox.ts'
export {
  memoryOutbox,
  storedOutbox,
  type Draft,
  type Kept,
  type OutboxEntry,
  type OutboxStore,
} from './outbox-store.ts'
export { memoryTokens, storedTokens, type TokenStore, type Tokens } from './token-store.ts'
export type * from './wire-types.ts'
