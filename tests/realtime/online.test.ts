import { expect, test } from 'bun:test'
import { LocalNetwork } from '../../src/adapters/bus/local.ts'
import { Measurements } from '../../src/metrics/measurements.ts'
import { openLogger } from '../../src/logger.ts'
import { ALL_NODES } from '../../src/ports/bus.ts'
import { Connection } from '../../src/realtime/connection.ts'
import { Hub } from '../../src/realtime/hub.ts'
import { Online } from '../../src/realtime/online.ts'
import { openStackStore } from '../support/store.ts'
import { replacing } from '../support/replacing.ts'
import { until } from '../support/until.ts'

/** Nodes of one network and store, without their listeners. Their monotonic clocks are `time.ahead` ahead. */
async function openNetwork() {
  const network = new LocalNetwork()
  const time = { ahead: 0 }
  const place = await openStackStore()
  const { log, statuses, users } = place.storage
  const opened: Online[] = []
  return {
    time,
    statuses,
    join() {
      const [joined, logger] = [network.join(), openLogger('silent')]
      const listeners = { lost: new Set<() => void>(), restored: new Set<() => void>() }
      const bus = replacing(joined, {
        onLost: listener => void listeners.lost.add(listener),
        onRestored: listener => void listeners.restored.add(listener),
      })
      const hub = new Hub({
        log,
        publisher: { publish: () => undefined },
        bus,
        measurements: new Measurements(),
        logger,
      })
      bus.subscribe(ALL_NODES)
      const clock = () => new Date(Date.now() + time.ahead)
      const monotonic = () => performance.now() + time.ahead
      const online = new Online({ hub, bus, statuses, users, clock, monotonic, logger })
      opened.push(online)
      function connect(user_id: string): Connection {
        const client = { address: '', network: '', user_agent: null, user_id: null }
        const connection = new Connection(client, null, 0)
        connection.identity = { user_id, session_id: user_id, expires_at: '', by_key: false }
        hub.add(user_id, connection)
        return connection
      }
      /** The node hears nothing any more, and knows it. */
      function lose(): void {
        bus.unsubscribe(ALL_NODES)
        for (const listener of listeners.lost) listener()
      }
      function restore(): void {
        bus.subscribe(ALL_NODES)
        for (const listener of listeners.restored) listener()
      }
      return { bus, hub, online, connect, lose, restore }
    },
    async [Symbol.asyncDispose]() {
      for (const online of opened) await online[Symbol.asyncDispose]()
      await place[Symbol.asyncDispose]()
    },
  }
}

test('the users of a node that has died are offline within 30 seconds, and those of a live one are not', async () => {
  await using network = await openNetwork()
  const [here, there, third] = [network.join(), network.join(), network.join()]
  const [ada, ben] = [Bun.randomUUIDv7(), Bun.randomUUIDv7()]
  there.connect(ada)
  third.connect(ben)
  await until(() => [ada, ben].every(id => here.online.connectedAt(id) !== null), 'both are online')
  await there.bus[Symbol.asyncDispose]()
  let beats = 0
  here.bus.onNote(note => {
    if (note.kind === 'presence') beats += 1
  })
  for (let seconds = 5; seconds <= 30; seconds += 5) {
    const before = beats
    network.time.ahead += 5_000
    await until(() => beats > before, 'the live node says that it lives')
    if (seconds <= 15) expect(here.online.connectedAt(ada)).not.toBeNull()
  }
  await until(() => here.online.connectedAt(ada) === null, 'the user of the dead node is offline')
  expect(here.online.connectedAt(ben)).not.toBeNull()
  expect(here.online.count).toBe(1)
})

test('a node that comes later, or has missed what changed, asks for all users of the others', async () => {
  await using network = await openNetwork()
  const there = network.join()
  const people = Array.from({ length: 1_200 }, () => Bun.randomUUIDv7())
  const connections = people.map(there.connect)
  const late = network.join()
  const last = people.at(-1) ?? ''
  await until(() => {
    network.time.ahead += 100
    return late.online.count === people.length
  }, 'the late one knows all')
  expect(late.online.connectedAt(last)).not.toBeNull()
  late.bus.unsubscribe(ALL_NODES)
  for (const connection of connections.slice(0, 100)) there.hub.remove(connection.identity?.user_id ?? '', connection)
  network.time.ahead += 6_000
  await until(() => there.online.count === 1_100, 'they have gone')
  expect(late.online.count).toBe(1_200)
  late.bus.subscribe(ALL_NODES)
  await until(() => {
    network.time.ahead += 100
    return late.online.count === 1_100
  }, 'the late one knows it')
})

test('parts of two lists of the users of a node, of which the rest was lost, do not make one list', async () => {
  await using network = await openNetwork()
  const [here, lossy] = [network.join(), network.join()]
  const [gone, present, last] = [Bun.randomUUIDv7(), Bun.randomUUIDv7(), Bun.randomUUIDv7()]
  const at = new Date().toISOString()
  const node = 'a node with many users'
  const tell = (version: number, first: boolean, user_ids: readonly string[]) => {
    const whole = { first, count: 2 }
    const online = user_ids.map(user_id => [user_id, at] as const)
    lossy.bus.publish(ALL_NODES, { kind: 'presence', node, version, online, offline: [], whole })
  }
  tell(1, true, [gone])
  tell(2, false, [last])
  tell(3, true, [present])
  const seen: boolean[] = []
  here.online.onChange(() => seen.push(here.online.connectedAt(gone) !== null))
  tell(3, false, [last])
  await until(() => here.online.connectedAt(present) !== null, 'the list that came whole counts')
  expect([seen, here.online.connectedAt(gone), here.online.count]).toEqual([[false], null, 2])
})

test('who connects again within the grace stays online, and who goes offline has a time of the last activity', async () => {
  await using network = await openNetwork()
  const [here, there] = [network.join(), network.join()]
  const ada = Bun.randomUUIDv7()
  const changes: string[] = []
  there.online.onChange(user_ids => changes.push(...user_ids))
  for (let round = 0; round < 3; round += 1) {
    const connection = here.connect(ada)
    network.time.ahead += 1_000
    here.hub.remove(ada, connection)
    network.time.ahead += 4_000
  }
  expect(changes.length).toBeLessThanOrEqual(1)
  network.time.ahead += 5_000
  await until(() => there.online.connectedAt(ada) === null && changes.length === 2, 'she is offline')
  expect((await network.statuses.findMany([ada])).map(({ last_active_at }) => typeof last_active_at)).toEqual([
    'string',
  ])
})

test('while the bus is lost nobody counts as connected to another node, and then who has stayed there does', async () => {
  await using network = await openNetwork()
  const [here, there] = [network.join(), network.join()]
  const [ada, ben, cy] = [Bun.randomUUIDv7(), Bun.randomUUIDv7(), Bun.randomUUIDv7()]
  const connected = () => [ada, ben, cy].map(here.online.isConnected.bind(here.online))
  there.connect(ada)
  const bens = there.connect(ben)
  here.connect(cy)
  await until(() => connected().every(Boolean), 'all are connected')
  here.lose()
  expect(connected()).toEqual([false, false, true])
  // Presence is not that strict: who was online looks so until their node is forgotten.
  expect([ada, ben].every(id => here.online.connectedAt(id) !== null)).toBe(true)
  there.hub.remove(ben, bens)
  network.time.ahead += 6_000
  await until(() => there.online.connectedAt(ben) === null, 'the other node knows that he has gone')
  here.restore()
  expect(connected()).toEqual([false, false, true])
  await until(() => connected()[0] === true, 'the other node says who is connected')
  expect(connected()).toEqual([true, false, true])
})

test('users of a node that was not heard in time do not count as connected, before they are taken for offline', async () => {
  await using network = await openNetwork()
  const [here, there] = [network.join(), network.join()]
  const ada = Bun.randomUUIDv7()
  there.connect(ada)
  await until(() => here.online.isConnected(ada), 'she is connected')
  there.bus.publish = () => undefined
  there.lose()
  network.time.ahead += 8_000
  await until(() => !here.online.isConnected(ada), 'her node was not heard')
  expect(here.online.connectedAt(ada)).not.toBeNull()
})
