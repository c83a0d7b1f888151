import { expect, test } from 'bun:test'
import { LocalNetwork } from '../../src/adapters/bus/local.ts'
import { Measurements } from '../../src/metrics/measurements.ts'
import { openLogger } from '../../src/logger.ts'
import type { Bus } from '../../src/ports/bus.ts'
import { Hub } from '../../src/realtime/hub.ts'
import { Online } from '../../src/realtime/online.ts'
import { PresenceService } from '../../src/realtime/presence.ts'
import { replacing } from '../support/replacing.ts'
import { openStackStore } from '../support/store.ts'

test('a socket that was closed while its call waited is not subscribed', async () => {
  await using place = await openStackStore()
  const { log, statuses, contacts, users } = place.storage
  const topics = new Set<string>()
  const bus: Bus = replacing(new LocalNetwork().join(), {
    subscribe: topic => void topics.add(topic),
    unsubscribe: topic => void topics.delete(topic),
  })
  const logger = openLogger('silent')
  const [clock, monotonic] = [() => new Date(), () => performance.now()]
  const hub = new Hub({ log, publisher: { publish: () => undefined }, bus, measurements: new Measurements(), logger })
  await using online = new Online({ hub, bus, statuses, users, clock, monotonic, logger })
  using presence = new PresenceService({ hub, bus, online, statuses, contacts, log, clock, monotonic, logger })
  const [ada, ben] = [Bun.randomUUIDv7(), Bun.randomUUIDv7()]
  const socket = { open: true, send: () => undefined }
  expect(await presence.subscribe(socket, ben, [ada])).toHaveLength(1)
  expect(topics).toEqual(new Set([`status:${ada}`]))
  const closed = { open: false, send: () => undefined }
  const others = [Bun.randomUUIDv7(), ada]
  expect((await presence.subscribe(closed, ben, others)).map(({ user_id }) => user_id)).toEqual(others)
  expect(topics).toEqual(new Set([`status:${ada}`]))
})
