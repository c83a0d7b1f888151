import { describe, expect, test } from 'bun:test'
import { createClient, memoryTokens, type Client, type Sign } from '../../src/sdk/index.ts'
import { delayBefore, reactionTo } from '../../src/sdk/policy.ts'
import { CLOSE_CODES, type EventFrame } from '../../contracts/socket.ts'
import { checkedFetch } from '../support/checked.ts'
import { groupOf, register, say, type Person } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'
import { standIn } from './environment-stand-in.ts'

const server = sharedServer()

function clientOf(person: Person, url = server.url, environment = standIn()): Client {
  const tokens = memoryTokens(person.client.tokens.current)
  return createClient({ url, fetch: checkedFetch, tokens, environment, random: () => 0 })
}

/** What the environment reports in each round; then the page is shown. */
const SIGNS: readonly (Sign | undefined)[] = ['hide', 'offline', undefined, 'wake', 'hide', undefined, 'online', 'hide']

test('every close code has the reaction of the table', () => {
  const reactions = {
    1009: 'stop',
    1012: 'spread',
    4400: 'stop',
    4401: 'refresh',
    4403: 'stop',
    4408: 'retry',
    4410: 'retry',
    4429: 'wait',
    4430: 'stop',
    4500: 'wait',
  } as const
  for (const code of Object.keys(CLOSE_CODES).map(Number))
    expect(reactionTo(code)).toBe(reactions[code as keyof typeof reactions])
  expect(reactionTo(1006)).toBe('retry')
})

test('the wait before a new attempt doubles up to half a minute, anywhere below that; after a restart it is up to 3 s from the first', () => {
  expect([0, 1, 2, 20].map(attempt => delayBefore(attempt, 'retry', () => 1))).toEqual([250, 500, 1_000, 30_000])
  expect(delayBefore(3, 'retry', () => 0)).toBe(0)
  expect(delayBefore(0, 'wait', () => 0)).toBe(10_000)
  expect([0, 0.5, 1].map(random => delayBefore(0, 'spread', () => random))).toEqual([0, 1_500, 3_000])
})

describe('the live connection', () => {
  test('the live connection reconnects, and gives each change once and in order', async () => {
    const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
    const { id: room } = await groupOf(ada, [bob])
    const environment = standIn()
    const client = clientOf(bob, server.url, environment)
    const changes: number[] = []
    client.live.on('event', ({ stream, change }) => {
      if (stream === room && change) changes.push(change)
    })
    await client.live.open()
    client.live.track(room, 1)
    for (let round = 0; round < 10; round += 1) {
      // Some are cut off by the restart; who sends is not what this is about.
      const sends = Array.from({ length: 20 }, (_, index) => say(ada, room, `${round}.${index}`).catch(() => null))
      if (round % 3 === 1) client.live.drop()
      for (const sign of [SIGNS[round], 'show'] as const) if (sign) environment.sense(sign)
      if (round === 5) await server.restart()
      await Promise.all(sends)
    }
    const { last_change } = await ada.client.conversations.get({ conversation_id: room })
    await until(
      () => changes.at(-1) === last_change,
      'all changes',
      () => `${changes.at(-1)} of ${last_change}`,
    )
    expect(changes).toEqual(Array.from({ length: last_change - 1 }, (_, index) => index + 2))
    client.close()
  })

  test('the live connection requests events that are missing in the middle of a stream', async () => {
    const stream = Bun.randomUUIDv7()
    const asked: unknown[] = []
    const event = (change: number): EventFrame => ({
      type: 'event',
      event: 'message.unpinned',
      stream,
      change,
      data: { message_id: stream, user_id: stream, at: new Date().toISOString() },
      at: new Date().toISOString(),
    })
    const user = { id: Bun.randomUUIDv7() }
    // Speaks the frames of contracts/socket.ts, and loses one of them.
    const fake = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: (request, listener) => (listener.upgrade(request) ? undefined : new Response()),
      websocket: {
        open: socket => void socket.send('{"type":"hello"}'),
        message(socket, text) {
          const frame = JSON.parse(String(text))
          const send = (...frames: object[]) => frames.forEach(each => socket.send(JSON.stringify(each)))
          if (frame.type === 'auth')
            send(
              { type: 'ready', user, session_id: 's', epoch: 'e', change: 0, unread: {} },
              event(2),
              event(4),
              event(5),
            )
          if (frame.type !== 'resume') return
          asked.push(frame.positions)
          send(event(3), event(4), event(5), { type: 'resumed' }, event(6))
        },
      },
    })
    const tokens = {
      access_token: 'a',
      refresh_token: 'r',
      expires_at: Date.now() + 900_000,
      user_id: user.id,
      session_id: 's',
    }
    const client = createClient({ url: `http://127.0.0.1:${fake.port}`, tokens: memoryTokens(tokens) })
    const changes: (number | undefined)[] = []
    client.live.on('event', frame => changes.push(frame.change))
    client.live.track(stream, 1)
    await client.live.open()
    await until(() => changes.at(-1) === 6, 'the gap is filled')
    expect(changes).toEqual([2, 3, 4, 5, 6])
    expect(asked).toEqual([{ [stream]: 2 }])
    client.close()
    void fake.stop(true)
  })

  test('the live connection refreshes its token without closing the socket', async () => {
    const ada = await register(server, 'ada')
    const client = clientOf(ada)
    const states: string[] = []
    client.live.on('status', ({ state }) => states.push(state))
    await client.live.open()
    let readies = 0
    client.live.on('ready', () => (readies += 1))
    await client.tokens.renew(client.tokens.current?.access_token ?? '')
    await until(() => readies === 1, 'it is ready again')
    expect(states).toEqual(['connecting', 'up_to_date'])
    client.close()
  })

  test('the live connection ends when the session has ended', async () => {
    const ada = await register(server, 'ada')
    const client = clientOf(ada)
    await client.live.open()
    await ada.client.auth.logout({ all: true })
    await until(() => client.live.status.state === 'signed_out', 'it is over')
    expect(client.tokens.current).toBeNull()
  })
})

describe('the outbox', () => {
  test('the outbox sends each message once and in order over a broken network', async () => {
    const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
    const { id: conversation_id } = await groupOf(ada, [bob])
    const { hostname, port } = new URL(server.url)
    await using proxy = await openTcpProxy({ host: hostname, port: Number(port) })
    const client = createClient({
      url: `http://127.0.0.1:${proxy.port}`,
      tokens: memoryTokens(ada.client.tokens.current),
      random: () => 0,
    })
    let requests = 0
    proxy.cutAfter(request => {
      if (!request.includes('"content"')) return false
      requests += 1
      return requests % 3 === 0
    })
    const texts = Array.from({ length: 20 }, (_, index) => `message ${index}`)
    await Promise.all(texts.map(content => client.outbox.send({ conversation_id, content })))
    expect(client.outbox.entries()).toEqual([])
    expect(proxy.cuts).toBeGreaterThan(3)
    const { data } = await bob.client.messages.list({ conversation_id, sort: 'asc', limit: 100 })
    expect(data.map(message => message.content)).toEqual(texts)
    client.close()
  })

  test('the outbox drops what the server refuses, and continues with the rest', async () => {
    const ada = await register(server, 'ada')
    const { id: conversation_id } = await groupOf(ada, [])
    const client = clientOf(ada)
    const wrong = client.outbox.send({ conversation_id, content: '' })
    const right = client.outbox.send({ conversation_id, content: 'fine' })
    expect(await wrong.catch((error: unknown) => error)).toMatchObject({ code: 'validation_failed' })
    expect((await right).seq).toBe(1)
    client.close()
  })
})
