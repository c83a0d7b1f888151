/** The TypeScript client of Parley: typed calls, a live connection that heals itself, an outbox, a store. */
export { createClient, type Client, type ClientOptions } from './client.ts'
export { ConnectionLost, ParleyError } from './errors.ts'
export { Live, type LiveEvents, type LiveState, type Ready } from './live.ts'
export { Outbox, memoryOutbox, type OutboxStore } from './outbox.ts'
export { memoryTokens, type TokenStore, type Tokens } from './tokens.ts'
export { apply, applyOwn, stateOf, withMessages, type ConversationState, type Viewer } from './state.ts'
export { Store } from './store.ts'
