import { expect, test } from 'bun:test'
import { FollowerRunner } from '../../src/followers/runner.ts'
import { openLogger } from '../../src/logger.ts'
import type { Following, Unhandled } from '../../src/ports/following.ts'
import type { Log, StoredEntry } from '../../src/ports/storage.ts'
import { id, range } from '../conformance/storage/subject.ts'
import { until } from '../support/until.ts'

/** A log with so many batches of one entry for a follower. */
function logOf(batches: number) {
  const [stream, at] = [id(), new Date().toISOString()]
  const entry = (change: number): StoredEntry => {
    return { stream, change, event: 'message.created', seq: change, at, json: '{}' }
  }
  const waiting: Unhandled[] = range(batches).map(change => ({ stream, entries: [entry(change)] }))
  const listeners: (() => void)[] = []
  const following: Following = {
    next: async () => waiting.splice(0, 1),
    advance: async () => undefined,
    postpone: async () => undefined,
    lag: async () => ({ streams: waiting.length, oldest_at: null }),
  }
  const log: Pick<Log, 'follow' | 'onCommit'> = {
    follow: async () => following,
    onCommit(listener) {
      listeners.push(() => listener([], false))
      return () => undefined
    },
  }
  // Cast: a runner uses these two only.
  return { log: log as Log, waiting, commit: () => listeners.forEach(notify => notify()) }
}

function follow(log: Log, handled: () => void): FollowerRunner {
  // Every batch seems to take a second, so that a rest is as long as it may be.
  let now = 0
  const follower = {
    name: 'search',
    streams: 'conversations',
    from: 'beginning',
    handle: async () => handled(),
  } as const
  return new FollowerRunner(follower, {
    log,
    owns: () => true,
    logger: openLogger('silent'),
    monotonic: () => (now += 1_000),
  })
}

test('a follower that is behind does not rest between its batches while nothing is committed', async () => {
  const { log, waiting } = logOf(500)
  let handled = 0
  await using runner = follow(log, () => (handled += 1))
  // With the rests it would take two minutes.
  await until(() => handled === 500, 'all batches')
  expect([waiting, runner.stuck]).toEqual([[], false])
})

test('a follower that is behind leaves most of the time to calls that commit', async () => {
  const { log, commit } = logOf(500)
  let handled = 0
  await using runner = follow(log, () => {
    handled += 1
    commit()
  })
  await until(() => handled > 0, 'a batch')
  // There is nothing to wait for in what must not happen. A slow machine handles fewer.
  await Bun.sleep(1_000)
  expect(handled).toBeLessThan(10)
  expect(runner.stuck).toBe(false)
})
