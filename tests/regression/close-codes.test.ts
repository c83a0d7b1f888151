import { expect, test } from 'bun:test'
import { SLOW_UNSENT } from '../../contracts/limits.ts'
import { CLOSE_CODES } from '../../contracts/socket.ts'
import { openLogger } from '../../src/logger.ts'
import { Unavailable } from '../../src/ports/storage.ts'
import { Connection } from '../../src/realtime/connection.ts'
import { openSocketChecks } from '../../src/realtime/socket-checks.ts'
import { createClient, memoryTokens } from '../../src/sdk/index.ts'
import { groupOf, register, say } from '../support/people.ts'
import { replacing } from '../support/replacing.ts'
import { sharedServer, startTestServer } from '../support/server.ts'
import { openSocket } from '../support/socket.ts'
import { until } from '../support/until.ts'

const time = { passed: 0 }
const later = (ms: number) => void (time.passed += ms)
/** What the log answers to its next read; null: what it holds. */
let failure: Error | null = null

const server = sharedServer({
  overrides: { monotonic: () => performance.now() + time.passed },
  around: storage =>
    replacing(storage, {
      log: replacing(storage.log, {
        async read(...args) {
          if (failure) throw failure
          return storage.log.read(...args)
        },
      }),
    }),
})

test('A socket that does not answer pings is closed 4410, and the table says to reconnect.', async () => {
  const ada = await register(server, 'ada')
  using socket = await openSocket(server.url, { token: ada.access_token })
  later(26_000)
  await socket.find('ping')
  later(30_000)
  expect(await socket.closed()).toBe(4410)
  expect(Object.entries(CLOSE_CODES).find(([code]) => code === '4410')?.[1]).toMatchObject({ reconnect: 'yes' })
})

test('A replay that fails inside closes the socket 4500, and 1012 while the store cannot be reached.', async () => {
  const ada = await register(server, 'ada')
  const { id: room } = await groupOf(ada, [])
  await say(ada, room, 'missed')
  const closedWith = async (error: Error) => {
    using socket = await openSocket(server.url, { token: ada.access_token })
    failure = error
    socket.send({ type: 'resume', epoch: server.running.storage.epoch, positions: { [room]: 1 } })
    const code = await socket.closed()
    failure = null
    return code
  }
  server.expectComplaint('a socket failed')
  expect(await closedWith(new Error('a fault of our own'))).toBe(4500)
  expect(await closedWith(new Unavailable('the store is away'))).toBe(1012)
})

test('The eleventh connection of a user is closed 4430, and a client does not try again.', async () => {
  const ada = await register(server, 'ada')
  const sockets = await Promise.all(
    Array.from({ length: 10 }, () => openSocket(server.url, { token: ada.access_token })),
  )
  using eleventh = await openSocket(server.url)
  eleventh.send({ type: 'auth', token: ada.access_token })
  expect(await eleventh.closed()).toBe(4430)
  const client = createClient({ url: server.url, tokens: memoryTokens(ada.client.tokens.current) })
  expect(await client.live.open().catch((error: unknown) => String(error))).toContain('4430')
  expect(client.live.status.state).toBe('closed')
  for (const socket of sockets) socket[Symbol.dispose]()
})

test('A reader that leaves too much unsent is closed 4408 before the runtime drops it without a code.', async () => {
  const codes: (number | undefined)[] = []
  const peer = (unsent: number) => ({
    send: () => 0,
    close: (code?: number) => void codes.push(code),
    subscribe: () => undefined,
    unsubscribe: () => undefined,
    cork: (work: () => void) => work(),
    getBufferedAmount: () => unsent,
  })
  const connections = [SLOW_UNSENT + 1, SLOW_UNSENT].map(unsent => {
    const connection = new Connection(
      { address: '', network: '', user_agent: null, user_id: null },
      null,
      performance.now(),
    )
    connection.socket = peer(unsent)
    return connection
  })
  const checks = openSocketChecks(new Set(connections), {
    clock: () => new Date(),
    monotonic: () => performance.now(),
    gate: { isActive: async () => true },
    logger: openLogger('silent'),
  })
  await until(() => codes.length > 0, 'the sockets are checked')
  checks[Symbol.dispose]()
  expect([codes, connections.map(({ open }) => open)]).toEqual([[4408], [false, true]])
})

test('Only a flood is closed 4429: too many calls, or too many frames that wait.', async () => {
  await using limited = await startTestServer({ settings: { PARLEY_RATE_CALLS: '5' } })
  const ada = await register(limited, 'ada')
  using socket = await openSocket(limited.url, { token: ada.access_token })
  for (let id = 0; id < 40; id += 1) socket.send({ type: 'call', id, op: 'users.me' })
  expect(await socket.closed()).toBe(4429)
})
