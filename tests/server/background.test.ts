import { expect, test } from 'bun:test'
import { openBackground, type BackgroundOptions } from '../../src/background.ts'
import type { Follower } from '../../src/followers/follower.ts'
import { RetryAt, type Job, type Worker } from '../../src/jobs/job.ts'
import type { Storage, StoredEntry } from '../../src/ports/storage.ts'
import type { WebhookSender } from '../../src/ports/webhook-sender.ts'
import { Measurements } from '../../src/metrics/measurements.ts'
import { openLogger } from '../../src/logger.ts'
import { id, range } from '../conformance/storage/subject.ts'
import { group, said } from '../support/drafts.ts'
import { openStackStore } from '../support/store.ts'
import { until } from '../support/until.ts'

const alice = id()

/** No test has a webhook. */
const webhookSender: WebhookSender = {
  check: async () => null,
  post: async () => ({ status: null, error: 'nothing is sent' }),
}

/** Work that nobody else does: no test needs all kinds of it. */
function start(storage: Storage, work: Partial<BackgroundOptions>) {
  return openBackground({
    services: { storage, webhookSender, logger: openLogger('silent'), clock: () => new Date(), ids: id },
    monotonic: () => performance.now(),
    followers: [],
    jobs: [],
    workers: [],
    measurements: new Measurements(),
    ...work,
  })
}

interface Reader extends Follower {
  /** The changes of each stream as they were handled. */
  handled: Map<string, number[]>
}
function reader(name: string, fails: (entries: readonly StoredEntry[]) => boolean = () => false): Reader {
  const handled = new Map<string, number[]>()
  return {
    name,
    streams: 'conversations',
    from: 'beginning',
    handled,
    async handle(entries) {
      await Bun.sleep(0)
      if (fails(entries)) throw new Error('cannot be handled now')
      for (const { stream, change } of entries) handled.set(stream, [...(handled.get(stream) ?? []), change])
    },
  }
}

async function talk(storage: Storage, room: string, messages: number): Promise<void> {
  await storage.log.appendTo(room, [group(alice)], {})
  await Promise.all(range(messages).map(n => storage.log.appendTo(room, [said(alice, `hello ${n}`)], {})))
}

test('a follower handles what was there before it ran and what is committed while it runs', async () => {
  await using store = await openStackStore()
  const [before, after] = [id(), id()]
  await talk(store.storage, before, 300)
  const search = reader('search')
  await using background = start(store.storage, { followers: [search] })
  await talk(store.storage, after, 20)
  await until(() => search.handled.get(before)?.length === 301, 'the room from before')
  await until(() => search.handled.get(after)?.length === 21, 'the room from after')
  expect([search.handled.get(before), search.handled.get(after)]).toEqual([range(301), range(21)])
  expect(await background.stuck()).toEqual([])
})

test('entries that cannot be handled come again, and do not keep those of other conversations waiting', async () => {
  await using store = await openStackStore()
  const [bad, good] = [id(), id()]
  let broken = true
  const search = reader('search', entries => broken && entries.some(({ stream }) => stream === bad))
  await talk(store.storage, bad, 3)
  await talk(store.storage, good, 3)
  await using background = start(store.storage, { followers: [search] })
  await until(() => search.handled.get(good)?.length === 4, 'the other conversation')
  expect(search.handled.has(bad)).toBe(false)
  broken = false
  await until(() => search.handled.get(bad)?.length === 4, 'the conversation that could not be handled')
  expect(search.handled.get(bad)).toEqual(range(4))
  expect(await background.stuck()).toEqual([])
})

test('a follower that fails for half a minute is named as stuck until it succeeds', async () => {
  await using store = await openStackStore()
  let [broken, now] = [true, 0]
  let tries = 0
  const search = reader('search', () => broken && (tries += 1) > 0)
  await talk(store.storage, id(), 1)
  await using background = start(store.storage, { followers: [search], monotonic: () => now })
  await until(() => tries > 1, 'two tries')
  expect(await background.stuck()).toEqual([])
  now += 4_000
  await until(() => tries > 2, 'a third try')
  now += 40_000
  expect(await background.stuck()).toEqual(['search'])
  broken = false
  await until(() => search.handled.size === 1, 'success')
  expect(await background.stuck()).toEqual([])
})

test('of two processes of one store one does the work, and the other takes over when it stops', async () => {
  await using store = await openStackStore()
  const [one, other] = [reader('search'), reader('search')]
  const first = start(store.storage, { followers: [one] })
  await talk(store.storage, id(), 5)
  await until(() => one.handled.size === 1, 'the first process')
  await using second = start(store.storage, { followers: [other] })
  await talk(store.storage, id(), 5)
  await until(() => one.handled.size === 2, 'the first process again')
  expect(other.handled.size).toBe(0)
  await first[Symbol.asyncDispose]()
  await talk(store.storage, id(), 5)
  await until(() => other.handled.size === 1, 'the second process')
  expect(one.handled.size).toBe(2)
  expect(await second.stuck()).toEqual([])
})

test('a periodic job runs again after its interval, also when it has failed, and never overlaps itself', async () => {
  await using store = await openStackStore()
  let [runs, running] = [0, 0]
  const job: Job = {
    name: 'collect',
    every_ms: 1,
    async run() {
      expect(running).toBe(0)
      running += 1
      runs += 1
      await Bun.sleep(1)
      running -= 1
      throw new Error('nothing works')
    },
  }
  await using background = start(store.storage, { jobs: [job] })
  await until(() => runs > 3, 'four runs')
  expect(await background.stuck()).toEqual(['collect'])
})

test('queued work is done once if it succeeds, tried again if it fails, and given up after its attempts', async () => {
  await using store = await openStackStore()
  const { storage } = store
  const attempts = new Map<string, number>()
  const worker: Worker = {
    queue: 'push',
    at_once: 2,
    limit_ms: 60_000,
    max_attempts: 3,
    async run({ id: job, payload }) {
      const count = (attempts.get(job) ?? 0) + 1
      attempts.set(job, count)
      if (payload === 'fails once' && count === 1) throw new RetryAt(new Date(0))
      if (payload === 'fails') throw new RetryAt(new Date(0))
    },
  }
  const due_at = new Date(0).toISOString()
  const payloads = ['works', 'works', 'works', 'fails once', 'fails']
  await storage.jobs.enqueue(payloads.map((payload, n) => ({ id: `job ${n}`, queue: 'push', payload, due_at })))
  await using background = start(storage, { workers: [worker] })
  const now = () => new Date().toISOString()
  await until(() => attempts.get('job 4') === 3, 'three attempts')
  await until(async () => (await storage.jobs.state('push', now())).dead > 0, 'the one that fails to be given up')
  expect(await storage.jobs.state('push', now())).toEqual({ due: 0, oldest_due_at: null, dead: 1 })
  expect(Object.fromEntries(attempts)).toEqual({ 'job 0': 1, 'job 1': 1, 'job 2': 1, 'job 3': 2, 'job 4': 3 })
  expect(await background.stuck()).toEqual([])
})
