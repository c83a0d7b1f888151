import { describe, expect, test } from 'bun:test'
import { LocalNetwork } from '../../src/adapters/bus/local.ts'
import { Measurements } from '../../src/metrics/measurements.ts'
import { openLogger } from '../../src/logger.ts'
import type { StoredEntry } from '../../src/ports/storage.ts'
import { Connection } from '../../src/realtime/connection.ts'
import { Hub } from '../../src/realtime/hub.ts'
import { until } from '../support/until.ts'

const ROOM = 'room'

type Extra = Pick<StoredEntry, 'joined' | 'left'>
const entry = (change: number, extra: Extra = {}): StoredEntry => {
  return { stream: ROOM, change, event: 'message.created', seq: change, at: '', json: '{}', ...extra }
}

/** A hub above a log whose reads the test answers, and what each of its sockets is told, as Bun's topics would tell it. */
function scripted() {
  const reads: ((entries: StoredEntry[] | Error) => void)[] = []
  const read = () =>
    new Promise<StoredEntry[]>((resolve, reject) => {
      reads.push(answer => (answer instanceof Error ? reject(answer) : resolve(answer)))
    })
  const topics = new Map<string, Set<number[]>>()
  const publish = (topic: string, text: string) => {
    for (const told of topics.get(topic) ?? []) told.push((JSON.parse(text) as { change: number }).change)
  }
  const bus = new LocalNetwork().join()
  const hub = new Hub({
    log: { read },
    publisher: { publish },
    bus,
    measurements: new Measurements(),
    logger: openLogger('silent'),
  })
  /** A socket that is signed in, and the changes that it is told. */
  function socketOf(user_id: string): { connection: Connection; told: number[] } {
    const told: number[] = []
    const connection = new Connection({ address: '', network: '', user_agent: null, user_id: null }, null, 0)
    const topic = (id: string) => topics.get(id) ?? topics.set(id, new Set()).get(id)
    connection.socket = {
      send: () => 0,
      cork: work => work(),
      close: () => undefined,
      getBufferedAmount: () => 0,
      subscribe: id => void topic(id)?.add(told),
      unsubscribe: id => void topic(id)?.delete(told),
    }
    connection.identity = { user_id, session_id: user_id, expires_at: '', by_key: false }
    connection.ready = true
    hub.add(user_id, connection)
    hub.joinLive(user_id, connection, 0)
    return { connection, told }
  }
  return { hub, reads, socketOf }
}

describe('the hub', () => {
  test('the hub adds a member who joins by an entry that it had to read first', async () => {
    const { hub, reads, socketOf } = scripted()
    const [ada, bob] = [socketOf('ada'), socketOf('bob')]
    hub.joinLive(ROOM, ada.connection, 1)
    hub.take([entry(4)])
    reads.shift()?.([entry(2), entry(3, { joined: ['bob'] }), entry(4)])
    await until(() => ada.told.includes(4), 'the gap is filled')
    hub.take([entry(5)])
    expect(ada.told).toEqual([2, 3, 4, 5])
    expect(bob.told).toEqual([4, 5])
  })

  test('the hub emits what is committed while it reads, also if the read does not have it yet', async () => {
    const { hub, reads, socketOf } = scripted()
    const { connection, told } = socketOf('ada')
    hub.joinLive(ROOM, connection, 1)
    hub.take([entry(3)])
    hub.take([entry(4)])
    reads.shift()?.([entry(2), entry(3)])
    await until(() => reads.length === 1, 'it reads on')
    reads.shift()?.([])
    await until(() => reads.length === 1, 'it asks again')
    reads.shift()?.([entry(4)])
    await until(() => told.includes(4), 'everything is told')
    expect(told).toEqual([2, 3, 4])
  })

  test('the hub reads again if the log is unavailable for a moment', async () => {
    const { hub, reads, socketOf } = scripted()
    const { connection, told } = socketOf('ada')
    hub.joinLive(ROOM, connection, 1)
    hub.take([entry(3)])
    reads.shift()?.(new Error('away'))
    await until(() => reads.length === 1, 'it asks again')
    reads.shift()?.([entry(2), entry(3)])
    await until(() => told.includes(3), 'everything is told')
    expect(told).toEqual([2, 3])
  })

  test('the hub adds no socket that is no longer connected', () => {
    const { hub, socketOf } = scripted()
    const { connection, told } = socketOf('ada')
    hub.remove('ada', connection)
    hub.joinLive(ROOM, connection, 1)
    hub.take([entry(2)])
    expect([told, hub.emitted(ROOM)]).toEqual([[], 0])
  })

  test('entries that come again after a removal begin the membership no more, but joining again does', () => {
    const { hub, socketOf } = scripted()
    const { told } = socketOf('ben')
    const entries = [entry(1, { joined: ['ada', 'ben'] }), entry(2), entry(3, { left: ['ben'] })]
    hub.take(entries)
    expect(told).toEqual([2, 3])
    // As the store of another node gives them, a moment after the bus.
    hub.take(entries)
    expect([told, hub.emitted(ROOM)]).toEqual([[2, 3], 0])
    hub.take([entry(5, { joined: ['ben'] }), entry(6)])
    expect(told).toEqual([2, 3, 6])
  })
})
