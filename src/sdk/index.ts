/** The TypeScript client of Parley: typed calls, a live connection that reconnects and resumes, an outbox, a store. */
export { createClient, type Client, type ClientOptions, type Methods } from './client.ts'
export { ConnectionLost, ParleyError, isRefusal, type CodeOf } from './errors.ts'
export { type Answer } from './http.ts'
export { Live, type LiveEvents, type LiveState, type Ready } from './live.ts'
export { Outbox, memoryOutbox, type Draft, type OutboxStore, type Waiting } from './outbox.ts'
export { memoryTokens, type TokenStore, type Tokens } from './tokens.ts'
export { apply, applyOwn, stateOf, withMessages, withViewer, type ConversationState, type Viewer } from './state.ts'
export { Store } from './store.ts'
