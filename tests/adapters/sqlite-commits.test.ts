import { expect, test } from 'bun:test'
import { id, range } from '../conformance/storage/subject.ts'
import { group, said } from '../support/drafts.ts'
import { openFile } from '../support/sqlite.ts'

/** Counts the transactions. */
function counting() {
  const fault = {
    begun: 0,
    before(command: string) {
      if (command.startsWith('BEGIN')) fault.begun += 1
    },
  }
  return fault
}

test('one append that fails does not fail others', async () => {
  await using place = await openFile()
  await using storage = await place.open()
  const [alice, room] = [id(), id()]
  await storage.log.appendTo(room, [group(alice)], {})
  const same = said(alice, 'first')
  const sends = [said(alice, 'before'), same, said(alice, 'copy', { id: same.message.id }), said(alice, 'after')]
  const results = await Promise.allSettled(sends.map(draft => storage.log.appendTo(room, [draft], {})))
  expect(results.map(result => result.status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
  const list = await storage.messages.list(room, { ascending: true, limit: 10 })
  expect(list.map(({ seq, content }) => [seq, content])).toEqual([
    [1, 'before'],
    [2, 'first'],
    [3, 'after'],
  ])
})

test('one append that fails among a thousand costs some transactions, not one for each', async () => {
  await using place = await openFile()
  const commits = counting()
  await using storage = await place.open(commits)
  const [alice, room] = [id(), id()]
  await storage.log.appendTo(room, [group(alice)], {})
  const drafts = range(1_000).map(n => said(alice, `${n}`))
  const copied = drafts[300]?.message.id ?? ''
  drafts.splice(700, 1, said(alice, 'copy', { id: copied }))
  commits.begun = 0
  const results = await Promise.allSettled(drafts.map(draft => storage.log.appendTo(room, [draft], {})))
  expect(results.flatMap((result, index) => (result.status === 'rejected' ? index : []))).toEqual([700])
  const list = await storage.messages.list(room, { ascending: true, limit: 2_000 })
  expect(list.map(message => message.seq)).toEqual(range(999))
  expect(commits.begun).toBeLessThan(40)
  await storage.log.appendTo(room, [said(alice, 'again')], {})
})

test('changes above the limit of waiting ones are refused, and the others are made', async () => {
  await using place = await openFile()
  await using storage = await place.open()
  const [alice, room] = [id(), id()]
  await storage.log.appendTo(room, [group(alice)], {})
  const pin = (pinned: boolean) =>
    storage.log.appendToUser(alice, { event: 'membership.updated', conversation_id: room, patch: { pinned } })
  const results = await Promise.allSettled(range(20_002).map(n => pin(n % 2 === 1)))
  const refused = results.flatMap(result => (result.status === 'rejected' ? [String(result.reason)] : []))
  expect(refused).toEqual(Array.from({ length: 2 }, () => 'Unavailable: too many changes are waiting'))
  expect((await pin(true)).outcome).toBe('committed')
})

test('a listener that throws fails no append, and the other listeners are called', async () => {
  await using place = await openFile()
  await using storage = await place.open()
  const [alice, room] = [id(), id()]
  await storage.log.appendTo(room, [group(alice)], {})
  const warned = new Promise<Error>(resolve => process.once('warning', resolve))
  const told: number[] = []
  storage.log.onCommit(() => {
    throw new Error('a bug of the listener')
  })
  storage.log.onCommit(entries => void told.push(...entries.map(entry => entry.change)))
  const changes = [
    storage.log.appendTo(room, [said(alice, 'hello')], {}),
    storage.log.appendTo(room, [{ event: 'conversation.updated', actor_id: alice, patch: { topic: 'x' } }], {}),
  ]
  expect((await Promise.all(changes)).map(answer => answer.outcome)).toEqual(['committed', 'committed'])
  expect(told).toEqual([2, 3])
  expect((await warned).message).toBe('a bug of the listener')
})

test('background work is part of the transactions of calls while there are calls, and has one of its own otherwise', async () => {
  await using place = await openFile()
  const commits = counting()
  await using storage = await place.open(commits)
  const [alice, room] = [id(), id()]
  const following = await storage.log.follow('search', { streams: 'conversations', from: 'beginning' })
  await storage.log.appendTo(room, [group(alice)], {})
  await following.lag()
  commits.begun = 0
  const call = storage.log.appendTo(room, [said(alice, 'one')], {})
  await Promise.all([call, following.advance([{ stream: room, change: 1 }])])
  // A call is begun while the work waits.
  const work = following.advance([{ stream: room, change: 1 }])
  await storage.log.appendTo(room, [said(alice, 'two')], {})
  await work
  expect(commits.begun).toBe(2)
  await following.advance([{ stream: room, change: 1 }])
  expect(commits.begun).toBe(3)
})
