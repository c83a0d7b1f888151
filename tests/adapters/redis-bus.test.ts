import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'bun:test'
import { Redis } from 'ioredis'
import { MAX_MESSAGE_BYTES, Messages } from '../../src/adapters/bus/redis/messages.ts'
import { openRedisBus } from '../../src/adapters/bus/redis/open.ts'
import { lossyBusConformance, hearing, inEffect, said, told, type LossyNetwork } from '../conformance/bus/index.ts'
import { named } from '../support/redis.ts'
import { addressOf, openTcpProxy, through } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'

const url = process.env['REDIS_URL']
const SECRET = 'the secret that all nodes of a test share'
const SLOW = 60_000

interface RedisNetwork extends LossyNetwork {
  readonly namespace: string
  readonly logged: string[]
}

async function networkOf(server: string, by = server): Promise<RedisNetwork> {
  const namespace = crypto.randomUUID()
  const logged: string[] = []
  const { url: own, kill } = named(by)
  return {
    namespace,
    logged,
    join: () => openRedisBus({ url: own, secret: SECRET, namespace, log: message => logged.push(message) }),
    interrupt: kill,
    [Symbol.asyncDispose]: async () => undefined,
  }
}

if (url === undefined) {
  test.skip('the bus by Redis: REDIS_URL is not set, there is no server to test against', () => undefined)
} else {
  lossyBusConformance('The bus by Redis', () => networkOf(url))

  describe('the bus by Redis', () => {
    test('forged, repeated, moved and malformed ones are refused', async () => {
      await using network = await networkOf(url)
      await using here = await network.join()
      await using there = await network.join()
      const heard = hearing(there)
      for (const topic of ['room', 'other']) there.subscribe(topic)
      await inEffect(here, heard, 'room')
      const channel = (topic: string) => `parley:${network.namespace}:${topic}`
      const ours = new Messages(SECRET)
      const good = ours.write(channel('room'), said(1)) ?? ''
      const signed = (text: string) => {
        const key = createHmac('sha256', SECRET).update('parley bus').digest()
        return `${createHmac('sha256', key)
          .update(`${channel('room')}\n${text}`)
          .digest('base64url')}.${text}`
      }
      const wrong = [
        new Messages('another secret').write(channel('room'), said(66)) ?? '',
        ours.write(channel('other'), said(66)) ?? '',
        good.replace('"change":1', '"change":66'),
        good.slice(good.indexOf('.') + 1),
        'not a message',
        '',
        signed('not JSON'),
        signed('{"node":"n","number":1,"note":{"kind":"unknown"}}'),
        signed('{"node":"n","number":1,"note":{"kind":"committed","stream":"s","change":"66"}}'),
        signed(`{"node":"n","number":1,"note":{"kind":"missed"},"padding":"${'x'.repeat(MAX_MESSAGE_BYTES)}"}`),
      ]
      const publisher = new Redis(url)
      for (const message of [...wrong, good, good]) await publisher.publish(channel('room'), message)
      publisher.disconnect()
      here.publish('room', said(2))
      await until(() => told(heard, 'room').includes(2), 'the last note comes')
      expect(told(heard, 'room')).toEqual([1, 2])
      expect(network.logged).toEqual([expect.stringContaining('refused')])
    })

    test('a note that is too large is not sent', async () => {
      await using network = await networkOf(url)
      await using here = await network.join()
      here.publish('nodes', {
        kind: 'sessions_ended',
        session_ids: Array.from({ length: 2_000 }, () => 'x'.repeat(40)),
      })
      expect(network.logged).toEqual([expect.stringContaining('too large')])
      expect(here.connected).toBe(true)
    })

    test('nodes of another store do not hear a note', async () => {
      await using network = await networkOf(url)
      await using foreign = await networkOf(url)
      await using here = await network.join()
      await using there = await network.join()
      await using other = await foreign.join()
      const [heard, apart] = [hearing(there), hearing(other)]
      there.subscribe('room')
      other.subscribe('room')
      await inEffect(here, heard, 'room')
      here.publish('room', said(1))
      await until(() => told(heard, 'room').length === 1, 'the note comes')
      expect(apart.size).toBe(0)
    })

    test(
      'a connection that goes silent is given up, and notes come again when the server answers',
      async () => {
        await using proxy = await openTcpProxy(addressOf(url))
        await using network = await networkOf(url, through(proxy, url))
        await using direct = await openRedisBus({
          url,
          secret: SECRET,
          namespace: network.namespace,
          log: () => undefined,
        })
        await using there = await network.join()
        const heard = hearing(there)
        there.subscribe('room')
        await inEffect(direct, heard, 'room')
        proxy.freeze()
        await until(() => !there.connected, 'the silence is noticed')
        proxy.refuse()
        proxy.allow()
        proxy.thaw()
        await inEffect(direct, heard, 'room')
        expect(network.logged.some(line => line.includes('is lost'))).toBe(true)
      },
      SLOW,
    )

    test(
      'a server that is not there, or asks for a password, fails the start',
      async () => {
        const open = (server: string) =>
          openRedisBus({ url: server, secret: SECRET, namespace: 'none', log: () => undefined }).then(
            () => 'opened',
            (error: unknown) => String(error),
          )
        const wrong = new URL(url)
        wrong.password = 'wrong'
        wrong.username = 'nobody'
        const [away, refused] = await Promise.all([open('redis://127.0.0.1:1'), open(wrong.href)])
        expect(away).toContain('Redis does not answer')
        expect(refused).toContain('WRONGPASS')
      },
      SLOW,
    )
  })
}
