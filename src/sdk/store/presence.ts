import type { Client } from '../client.ts'
import type { Status } from '../wire-types.ts'
import { Cell, Cells, type Batch, type Readable } from './cell.ts'
import { patiently } from './writes.ts'

/** Users to whose statuses a socket is subscribed; of more that are watched, those that were watched last. */
const MAX_SUBSCRIBED = 200
/** What begins and ends to be watched within this time is one call. */
const COLLECT_MS = 100

/** The statuses of the users that are watched. */
export class Presence {
  readonly #client: Client
  readonly #random: () => number
  readonly #statuses = new Map<string, Status>()
  readonly #wanted = new Set<string>()
  readonly #cells: Cells<Cell<Status | null>>
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(client: Client, batch: Batch, random: () => number) {
    this.#client = client
    this.#random = random
    this.#cells = new Cells(
      user_id =>
        new Cell(
          batch,
          () => this.#statuses.get(user_id) ?? null,
          watched => this.#want(user_id, watched),
        ),
    )
  }

  of(user_id: string): Readable<Status | null> {
    return this.#cells.of(user_id)
  }

  set(status: Status): void {
    if (!this.#wanted.has(status.user_id)) return
    this.#statuses.set(status.user_id, status)
    this.#touch(status.user_id)
  }

  /** A new socket knows no subscription. */
  renew(): void {
    if (this.#wanted.size > 0) this.#subscribe()
  }

  #subscribe(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const user_ids = [...this.#wanted].slice(-MAX_SUBSCRIBED)
    for (const user_id of this.#statuses.keys()) if (!this.#wanted.has(user_id)) this.#statuses.delete(user_id)
    // Without a socket it fails; the next one subscribes again.
    patiently(() => this.#client.presence.subscribe({ user_ids }), this.#random)
      .then(({ data }) => data.forEach(status => this.set(status)))
      .catch(() => undefined)
  }

  clear(): void {
    clearTimeout(this.#timer)
    const known = [...this.#statuses.keys()]
    this.#statuses.clear()
    for (const user_id of known) this.#touch(user_id)
  }

  #want(user_id: string, watched: boolean): void {
    if (watched) this.#wanted.add(user_id)
    else this.#wanted.delete(user_id)
    this.#timer ??= setTimeout(() => this.#subscribe(), COLLECT_MS)
  }

  #touch(user_id: string): void {
    for (const cell of this.#cells.known(user_id)) cell.touch()
  }
}
