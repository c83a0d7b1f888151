export { type Readable } from './cell.ts'
export { type ConversationState } from './state.ts'
export { Store, type StoreEvents, type StoreOptions, type StoreStatus } from './store.ts'
export { type Item, type Shown, type Timeline } from './timeline.ts'
