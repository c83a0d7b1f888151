import { deferred, randomId } from './deferred.ts'
import type { Locks } from './environment.ts'
import type { OutboxEntry, OutboxStore } from './outbox-store.ts'

/** How often a tab looks for messages of tabs that have ended. */
const LOOK_MS = 5_000

/**
 * Which messages of a shared store this tab sends: its own, and those of tabs that do not run any more. A tab that runs holds a
 * lock of its name. Where the platform has no locks, a tab takes at its start what is stored; messages that two tabs send are
 * stored once, because of their `client_id`.
 */
export class OutboxShare {
  readonly #owner = randomId()
  readonly #store: OutboxStore
  readonly #locks: Locks | undefined
  #release: (() => void) | null = null
  #started = false
  #look: ReturnType<typeof setTimeout> | undefined

  constructor(store: OutboxStore, locks: Locks | undefined) {
    this.#store = store
    this.#locks = locks
  }

  put(entry: OutboxEntry): void | Promise<void> {
    return this.#store.put({ ...entry, owner: this.#owner })
  }

  delete(client_id: string): void | Promise<void> {
    return this.#store.delete(client_id)
  }

  /** Resolves when this tab has its lock, which it holds until `release`. */
  hold(): Promise<void> {
    const granted = deferred<void>()
    if (!this.#locks || this.#release) granted.resolve()
    else {
      const released = deferred<void>()
      this.#release = () => released.resolve()
      const work = () => {
        granted.resolve()
        return released.promise
      }
      this.#locks.request(lockOf(this.#owner), {}, work).catch(granted.reject)
    }
    return granted.promise
  }

  /** Lets other tabs take the messages of this one. A page that holds a lock cannot go into the page cache. */
  release(): void {
    clearTimeout(this.#look)
    this.#release?.()
    this.#release = null
  }

  /** Takes what no running tab sends. */
  async claim(): Promise<OutboxEntry[]> {
    const kept = await this.#store.load()
    const owners = new Set(kept.map(({ owner }) => owner))
    owners.delete(this.#owner)
    const claimed: OutboxEntry[] = []
    if (!this.#locks && this.#started) return claimed
    this.#started = true
    for (const owner of owners) {
      const take = async (lock: unknown) => {
        // Read again, because another tab may have taken them before this one had the lock.
        if (lock !== null) claimed.push(...(await this.#takeFrom(owner)))
      }
      await (this.#locks ? this.#locks.request(lockOf(owner), { ifAvailable: true }, take) : take({}))
    }
    return claimed
  }

  /** Nothing tells a tab that another one has ended, and what that one has stored may be seen a moment later. */
  lookLater(look: () => void): void {
    clearTimeout(this.#look)
    if (!this.#locks) return
    const timer: unknown = (this.#look = setTimeout(look, LOOK_MS))
    // Node has locks, too, and ends when nothing else waits.
    if (typeof timer === 'object') (timer as { unref?: () => void }).unref?.()
  }

  /** The messages that another tab sends: while this one was in the page cache, it may have taken them. */
  async taken(): Promise<ReadonlySet<string>> {
    const kept = await this.#store.load()
    return new Set(kept.filter(({ owner }) => owner !== this.#owner).map(({ client_id }) => client_id))
  }

  async #takeFrom(owner: string): Promise<OutboxEntry[]> {
    const theirs = (await this.#store.load()).filter(kept => kept.owner === owner)
    for (const entry of theirs) await this.put(entry)
    return theirs
  }
}

function lockOf(owner: string): string {
  return `parley tab ${owner}`
}
