import { expect, test } from 'bun:test'
import { Redis } from 'ioredis'
import { openMemoryCounting } from '../../src/adapters/counting/memory.ts'
import { openRedisCounting } from '../../src/adapters/counting/redis.ts'
import type { Counting } from '../../src/ports/counting.ts'
import { close, countingConformance } from '../conformance/counting/index.ts'
import { addressOf, openTcpProxy, through } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'

const url = process.env['REDIS_URL']
/** Longer than a busy machine stands still between two steps of a test. */
const PLACE_MS = 4_000
const SECRET = 'the secret that all nodes of a test share'

countingConformance('Counting in memory', async () => [openMemoryCounting()])

if (url === undefined) {
  test.skip('counting by Redis: REDIS_URL is not set, there is no server to test against', () => undefined)
} else {
  /** Waits until the node counts by Redis: a probe is stored there. */
  async function connected(node: Counting, namespace: string): Promise<void> {
    const admin = new Redis(url ?? '')
    const probe = node.limiter('probe', 1_000, 60)
    await until(async () => {
      const before = (await admin.keys(`parley:${namespace}:probe:*`)).length
      await probe(crypto.randomUUID())
      return (await admin.keys(`parley:${namespace}:probe:*`)).length > before
    }, 'the node counts by Redis')
    admin.disconnect()
  }

  async function open(by: string, namespace: string): Promise<Counting> {
    const node = openRedisCounting({ url: by, secret: SECRET, namespace })
    await connected(node, namespace)
    return node
  }

  countingConformance('Counting by Redis', async count => {
    const namespace = crypto.randomUUID()
    return Promise.all(Array.from({ length: count }, () => open(url, namespace)))
  })

  test('while Redis is refused or silent a node counts by itself, and afterwards with the others again', async () => {
    await using proxy = await openTcpProxy(addressOf(url))
    const namespace = crypto.randomUUID()
    const [cut, other] = [await open(through(proxy, url), namespace), await open(url, namespace)]
    const [here, there] = [cut, other].map(node => node.limiter('calls', 3, 60))
    /** The numbers of the uses that are over the limit, of four. */
    const use = async (key: string) => {
      const used = await Promise.all([here?.(key), here?.(key), here?.(key), here?.(key)])
      return used.flatMap(each => (each && !each.within ? [each.uses] : []))
    }

    proxy.refuse()
    expect(await use('refused')).toEqual([4])
    expect(await cut.enter('refused', 'one', 1)).toBe(true)
    expect(await cut.enter('refused', 'two', 1)).toBe(false)
    proxy.allow()
    await connected(cut, namespace)
    // The place that was given meanwhile is now known to all.
    await until(async () => {
      const free = await other.enter('refused', 'three', 1)
      if (free) other.leave('refused', 'three')
      return !free
    }, 'the place is known to the other node')

    proxy.freeze()
    expect(await use('silent')).toEqual([4])
    proxy.refuse()
    proxy.allow()
    proxy.thaw()
    await connected(cut, namespace)
    for (let uses = 0; uses < 3; uses += 1) expect((await there?.('together'))?.within).toBe(true)
    expect(await here?.('together')).toMatchObject({ within: false, uses: 4 })
    await close([cut, other])
  }, 60_000)

  test('a place is renewed while its node lives, and free again some time after the node was cut off', async () => {
    await using proxy = await openTcpProxy(addressOf(url))
    const namespace = crypto.randomUUID()
    const dying = openRedisCounting({ url: through(proxy, url), secret: SECRET, namespace, place_ms: PLACE_MS })
    await connected(dying, namespace)
    const other = await open(url, namespace)
    expect(await dying.enter('ada', 'holder', 1)).toBe(true)
    const admin = new Redis(url)
    const [key = ''] = await admin.keys(`parley:${namespace}:places:*`)
    const ends = async () => Number(await admin.zscore(key, 'holder'))
    const first = await ends()
    await until(async () => (await ends()) > first, 'the place is renewed')
    expect(await other.enter('ada', 'another', 1)).toBe(false)
    proxy.refuse()
    await until(() => other.enter('ada', 'another', 1), 'the place is free')
    admin.disconnect()
    await close([dying, other])
  })

  test('neither names nor addresses are in the keys that are stored', async () => {
    const namespace = crypto.randomUUID()
    const node = await open(url, namespace)
    await node.limiter('auth', 5, 60)('name:my password in the wrong field')
    await node.enter('ada', 'a holder', 1)
    const admin = new Redis(url)
    const keys = await admin.keys(`parley:${namespace}:*`)
    admin.disconnect()
    expect(keys.filter(key => /:(auth|places):/.test(key))).toHaveLength(2)
    expect(keys.join(' ')).not.toMatch(/password|ada/)
    await close([node])
  })
}
