import type { InputOf, Message, Problem } from './wire-types.ts'

export type Draft = Omit<InputOf<'messages.send'>, 'client_id'>

/**
 * A message of the outbox. `waiting`: for its turn or the next attempt. `failed`: not sent any more unless `retry` is called;
 * `reason` has the server's problem document if it was the server that refused. `sent`: the server has stored it, and the
 * view that is attached has not taken it over.
 */
export type OutboxEntry = {
  readonly client_id: string
  /** The author. The message is sent only while this user is signed in. */
  readonly user_id: string
  readonly draft: Draft
  /** What the app keeps beside the draft, such as files that are to be uploaded first. */
  readonly local?: unknown
  /** Messages are sent in this order. */
  readonly order: number
} & (
  | { readonly state: 'waiting' | 'sending' }
  | { readonly state: 'failed'; readonly reason: { readonly message: string; readonly problem?: Problem } }
  | { readonly state: 'sent'; readonly message: Message }
)

/** An entry as it is kept between two starts, with the tab that sends it. */
export type Kept = OutboxEntry & { readonly owner: string }

/**
 * Keeps unsent messages between two starts of an app, each by its `client_id`; the default keeps nothing. Tabs share it. The
 * functions may be asynchronous; what is asked in order must happen in order.
 */
export interface OutboxStore {
  /** All of them, of every tab. */
  load(): readonly Kept[] | Promise<readonly Kept[]>
  put(kept: Kept): void | Promise<void>
  delete(client_id: string): void | Promise<void>
}

export function memoryOutbox(): OutboxStore {
  return { load: () => [], put: () => undefined, delete: () => undefined }
}

/** Keeps messages in `localStorage` or the like, one item each. Files cannot be kept there. */
export function storedOutbox(storage: Storage, prefix = 'parley-outbox '): OutboxStore {
  return {
    load: () =>
      Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? '')
        .filter(key => key.startsWith(prefix))
        .map(key => JSON.parse(storage.getItem(key) ?? 'null') as Kept),
    put: kept => storage.setItem(prefix + kept.client_id, JSON.stringify(kept)),
    delete: client_id => storage.removeItem(prefix + client_id),
  }
}
