import type { Following, FollowOptions, Lag, NextLimits, Position, Unhandled } from '../../../ports/following.ts'
import type { StoredEntry } from '../../../ports/storage.ts'
import { b36, below, followKey, logKey } from './rows/keys.ts'
import { storedEntriesOf } from './rows/records.ts'
import type { FollowerRow, FollowRow } from './rows/background-rows.ts'
import type { LogRow } from './rows/rows.ts'
import type { Tables } from './rows/tables.ts'

/** Marked heads that are given to the followers at once. */
const HEADS_AT_ONCE = 500
/** Heads marked by one command when a follower from the beginning becomes known. */
const MARKED_AT_ONCE = 1_000

type Streams = FollowOptions['streams']
interface Head {
  _id: string
  last_change: number
  unfollowed: number
}

/**
 * The followers of the log. The write that moves a head also marks it (`unfollowed`). Marked heads are found by an index and
 * given to the followers: a row of `follows` for each follower and stream, queued. The mark is removed if the head has not moved
 * since. The followers are read after the heads: a follower that becomes known later marks all heads itself, by a number of its
 * own, so that the removal of an older mark misses.
 */
export class MongoFollowers {
  readonly #tables: Tables
  readonly #clock: () => Date
  #queued_at = 0
  #distributing: Promise<void> = Promise.resolve()
  #next: Promise<void> | null = null

  constructor(tables: Tables, clock: () => Date) {
    this.#tables = tables
    this.#clock = clock
  }

  async follow(name: string, { streams, from }: FollowOptions): Promise<Following> {
    const { followers } = this.#tables
    const since = from === 'now' ? this.#clock().toISOString() : ''
    await followers.insertMissing([{ _id: name, streams, since, marked: from === 'now' }])
    const follower = await followers.findId(name)
    if (!follower) throw new Error('the follower was removed while it was made known')
    if (!follower.marked) await this.#markAll(follower)
    return new MongoFollowing({
      follower,
      tables: this.#tables,
      queue: () => this.#queueKey(name),
      distribute: () => this.#distribute(),
    })
  }

  /** A process that has read the followers before may still write a position: `since` makes it harmless. */
  async unfollow(name: string): Promise<void> {
    await this.#tables.followers.delete({ _id: { $eq: name } })
    await this.#tables.follows.delete({ _id: below(name) })
  }

  async #markAll({ _id: id, streams }: FollowerRow): Promise<void> {
    const unfollowed = -Number.parseInt(crypto.getRandomValues(Buffer.alloc(6)).toString('hex'), 16)
    for await (const heads of this.#heads(streams).pages(null, MARKED_AT_ONCE)) {
      await this.#heads(streams).update(heads.map(({ _id }) => ({ id: _id, set: { unfollowed } })))
    }
    await this.#tables.followers.updateOne({ id, set: { marked: true } })
  }

  #heads(streams: Streams) {
    // Cast: the fields that both kinds of heads have.
    return this.#tables[streams === 'users' ? 'streams' : 'conversations'] as Tables['streams']
  }

  /** One for all that call before it begins. The one in progress may have read the heads before what a caller has committed. */
  #distribute(): Promise<void> {
    this.#next ??= this.#distributeNext()
    return this.#next
  }

  async #distributeNext(): Promise<void> {
    // Its own callers hear of its failure.
    await this.#distributing.catch(() => undefined)
    await new Promise<void>(resolve => setImmediate(resolve))
    this.#next = null
    this.#distributing = this.#distributeAll()
    await this.#distributing
  }

  async #distributeAll(): Promise<void> {
    const kinds = new Set((await this.#followers()).map(({ streams }) => streams))
    for (const streams of kinds) while (await this.#distributeSome(streams));
  }

  /** Gives marked heads to the followers; whether there may be more. */
  async #distributeSome(streams: Streams): Promise<boolean> {
    const marked = await this.#heads(streams).find(
      { unfollowed: { $gte: Number.MIN_SAFE_INTEGER } },
      { projection: { last_change: 1, unfollowed: 1 }, sort: { unfollowed: 1 }, limit: HEADS_AT_ONCE },
    )
    const heads: Head[] = marked.map(({ unfollowed = 0, ...head }) => ({ ...head, unfollowed }))
    if (heads.length === 0) return false
    const { follows } = this.#tables
    const followers = (await this.#followers()).filter(follower => follower.streams === streams)
    const rows = followers.flatMap(follower => heads.map(head => this.#queued(follower, head)))
    const updates = rows.map(({ _id: id, head, queue }) => ({ id, max: { head }, min: { queue } }))
    if ((await follows.update(updates)) < rows.length) {
      const present = await follows.insertMissing(rows)
      // Those that were present before, and those that another process has inserted meanwhile.
      await follows.update(updates.filter(({ id }) => present.has(id)))
    }
    await this.#heads(streams).update(
      heads.map(({ _id: id, last_change, unfollowed }) => ({
        id,
        guard: { last_change: { $eq: last_change }, unfollowed: { $eq: unfollowed } },
        unset: ['unfollowed'],
      })),
    )
    return heads.length === HEADS_AT_ONCE
  }

  #queued({ _id: follower, since }: FollowerRow, { _id: stream, last_change, unfollowed }: Head) {
    // What came before the mark was committed before the follower was known.
    const position = since === '' ? 0 : Math.max(0, unfollowed)
    const queue = this.#queueKey(follower)
    return { _id: followKey(follower, stream), follower, stream, position, head: last_change, queue }
  }

  /** Ascends, so that what is queued later comes later. */
  #queueKey(follower: string): string {
    this.#queued_at = Math.max(this.#queued_at + 1, this.#clock().getTime())
    return `${follower}:${b36(this.#queued_at)}`
  }

  #followers(): Promise<FollowerRow[]> {
    return this.#tables.followers.find({}, { sort: { _id: 1 } })
  }
}

interface Read {
  /** The change up to which it was read. */
  position: number
}

interface FollowingOptions {
  follower: FollowerRow
  tables: Tables
  /** The end of the follower's queue. */
  queue: () => string
  distribute: () => Promise<void>
}

class MongoFollowing implements Following {
  readonly #options: FollowingOptions
  constructor(options: FollowingOptions) {
    this.#options = options
  }

  async next(limits: NextLimits): Promise<Unhandled[]> {
    await this.#options.distribute()
    for (;;) {
      const waiting = await this.#queue(limits.streams)
      if (waiting.length === 0) return []
      const read = await this.#read(waiting, limits)
      const found = read.filter(({ entries }) => entries.length > 0)
      if (found.length > 0) return found.map(({ stream, entries }) => ({ stream, entries }))
      // Only what was committed before the follower was known, and streams that were queued again after they were handled.
      await this.advance(read.map(({ stream, position: change }) => ({ stream, change })))
    }
  }

  #queue(limit: number): Promise<FollowRow[]> {
    return this.#options.tables.follows.find(
      { queue: below(this.#options.follower._id) },
      { sort: { queue: 1, _id: 1 }, limit },
    )
  }

  /**
   * The entries after the positions, up to the heads, with the position of the last one that was read. A row of the log may begin
   * at every change, so all keys that it may have are asked for.
   */
  async #read(waiting: readonly FollowRow[], { entries, bytes }: NextLimits): Promise<(Unhandled & Read)[]> {
    const { log } = this.#options.tables
    let room = entries
    const asked = waiting.flatMap(row => {
      const wanted = Math.min(Math.max(0, row.head - row.position), room)
      const taken = room > 0 ? [{ ...row, keys: keysAfter(row.stream, row.position, wanted) }] : []
      room -= wanted
      return taken
    })
    const rows = new Map((await log.rowsByKey(asked.flatMap(({ keys }) => keys))).map(row => [row._id, row]))
    const read: (Unhandled & Read)[] = []
    let left = bytes
    for (const { stream, position, head, keys } of asked) {
      if (left <= 0) break
      const found = { stream, position, entries: new Array<StoredEntry>() }
      let row = keys[0] === undefined ? null : (rows.get(keys[0]) ?? (await log.rowOf(stream, position + 1)))
      if (!row && keys.length > 0) throw new Error(`the log of ${stream} has no change ${position + 1}`)
      while (row && row.first <= head && left > 0) {
        found.entries.push(...storedEntriesOf(row).filter(each => this.#wants(each, position)))
        found.position = row.last
        left -= sizeOf(row)
        row = rows.get(logKey(stream, row.last + 1)) ?? null
      }
      read.push(found)
    }
    return read
  }

  #wants({ at, change }: StoredEntry, position: number): boolean {
    return change > position && at >= this.#options.follower.since
  }

  async advance(handled: readonly Position[]): Promise<void> {
    const queue = this.#options.queue()
    const updates = handled.flatMap(({ stream, change: position }) => {
      const id = followKey(this.#options.follower._id, stream)
      const max = { position }
      const later = { head: { $gt: position }, queue: { $gt: '' } }
      return [
        { id, guard: { head: { $lte: position } }, max, unset: ['queue' as const] },
        { id, guard: later, max, set: { queue } },
      ]
    })
    await this.#options.tables.follows.update(updates)
  }

  async postpone(streams: readonly string[]): Promise<void> {
    const queue = this.#options.queue()
    const updates = streams.map(stream => {
      return { id: followKey(this.#options.follower._id, stream), guard: { queue: { $gt: '' } }, set: { queue } }
    })
    await this.#options.tables.follows.update(updates)
  }

  async lag(): Promise<Lag> {
    await this.#options.distribute()
    const { _id } = this.#options.follower
    const [first] = await this.#queue(1)
    if (!first) return { streams: 0, oldest_at: null }
    const counts = await this.#options.tables.follows.countBy('follower', { queue: below(_id) })
    const row = await this.#options.tables.log.rowOf(first.stream, first.position + 1)
    const entry = row && storedEntriesOf(row).find(({ change }) => change > first.position)
    return { streams: counts.get(_id) ?? 0, oldest_at: entry?.at ?? null }
  }
}

function keysAfter(stream: string, position: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => logKey(stream, position + 1 + index))
}

function sizeOf({ entries }: LogRow): number {
  return entries.reduce((bytes, { json }) => bytes + Buffer.byteLength(json), 0)
}
