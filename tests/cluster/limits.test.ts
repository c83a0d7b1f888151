import { afterAll, expect, test } from 'bun:test'
import { noCluster } from '../support/cluster.ts'
import { startNodes } from '../support/nodes.ts'
import { register, type Person } from '../support/people.ts'
import type { TestServer } from '../support/server.ts'
import { shared } from '../support/shared.ts'
import { openSocket } from '../support/socket.ts'
import { addressOf, openTcpProxy, through } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'

const SLOW = 120_000
const CALLS = 10
const SIGN_INS = 6
const CONNECTIONS = 10

if (noCluster) {
  test.skip(`limits of several nodes: ${noCluster}`, () => undefined)
} else {
  const url = process.env['REDIS_URL'] ?? ''
  const scene = shared(async () => {
    const proxy = await openTcpProxy(addressOf(url))
    const nodes = await startNodes({
      settings: {
        REDIS_URL: through(proxy, url),
        PARLEY_RATE_CALLS: String(CALLS),
        PARLEY_RATE_AUTH: String(SIGN_INS),
        PARLEY_TRUSTED_PROXIES: '1',
      },
    })
    return { nodes, proxy }
  })
  afterAll(async () => {
    await scene().nodes[Symbol.asyncDispose]()
    await scene().proxy[Symbol.asyncDispose]()
  })

  const call = (node: TestServer, { access_token }: Person) =>
    fetch(`${node.url}/users/me`, { headers: { authorization: `Bearer ${access_token}` } })
  /** The statuses of so many calls, on each node in turn. */
  async function callEach(person: Person, count: number): Promise<number[]> {
    const { here, there } = scene().nodes
    const statuses = []
    for (let index = 0; index < count; index += 1)
      statuses.push((await call(index % 2 === 0 ? here : there, person)).status)
    return statuses
  }

  test(
    'the calls of a user are counted over all nodes, and each of them refuses the next one in the same way',
    async () => {
      const { here, there } = scene().nodes
      const ada = await register(here, 'ada')
      expect(await callEach(ada, CALLS)).toEqual(Array.from({ length: CALLS }, () => 200))
      for (const node of [here, there]) {
        const { status, headers } = await call(node, ada)
        expect(status).toBe(429)
        expect(headers.get('ratelimit-policy')).toBe(`"calls";q=${CALLS};w=60`)
        expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
      }
    },
    SLOW,
  )

  test(
    'attempts to sign in to an account are counted over all nodes',
    async () => {
      const { here, there } = scene().nodes
      const username = `nobody-${crypto.randomUUID().slice(0, 8)}`
      const statuses = []
      for (let index = 0; index <= SIGN_INS; index += 1) {
        const node = index % 2 === 0 ? here : there
        const answer = await fetch(`${node.url}/auth/login`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-forwarded-for': `10.0.0.${index}` },
          body: JSON.stringify({ username, password: 'a wrong password' }),
        })
        statuses.push(answer.status)
      }
      expect(statuses).toEqual([...Array.from({ length: SIGN_INS }, () => 401), 429])
    },
    SLOW,
  )

  test(
    'a user has ten sockets on all nodes together, and one that closes makes room on another node',
    async () => {
      const { here, there } = scene().nodes
      const ben = await register(here, 'ben')
      const token = ben.access_token
      const sockets = await Promise.all(
        Array.from({ length: CONNECTIONS }, (_, index) => openSocket((index % 2 ? here : there).url, { token })),
      )
      /** The close code of one more; null if it may stay. */
      const oneMore = async (node: TestServer) => {
        using socket = await openSocket(node.url)
        socket.send({ type: 'auth', token })
        await until(() => socket.code !== null || socket.frames.some(({ type }) => type === 'ready'), 'an answer')
        return socket.code
      }
      // On a machine that stands still for seconds a node may have counted some of them by itself at first.
      for (const node of [here, there]) await until(async () => (await oneMore(node)) === 4430, 'one more is refused')
      sockets[0]?.[Symbol.dispose]()
      for (const node of [there, here]) await until(async () => (await oneMore(node)) === null, 'there is room')
      for (const socket of sockets) socket[Symbol.dispose]()
    },
    SLOW,
  )

  test(
    'while Redis is away calls go on, and each node counts by itself',
    async () => {
      const { nodes, proxy } = scene()
      for (const node of [nodes.here, nodes.there]) node.expectComplaint('Redis is lost')
      const cy = await register(nodes.here, 'cy')
      proxy.refuse()
      const statuses = await callEach(cy, 2 * CALLS + 2)
      expect(statuses.slice(0, 2 * CALLS)).toEqual(Array.from({ length: 2 * CALLS }, () => 200))
      expect(statuses.slice(2 * CALLS)).toEqual([429, 429])
      proxy.allow()
    },
    SLOW,
  )
}
