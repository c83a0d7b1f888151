import { expect, test } from 'bun:test'
import type { ServerFrame } from '../../contracts/socket.ts'
import { groupOf, register, say } from '../support/people.ts'
import { openRawSocket } from '../support/raw-socket.ts'
import { sharedServer } from '../support/server.ts'
import { openSocket } from '../support/socket.ts'
import { until } from '../support/until.ts'

const server = sharedServer()

const LONG = 'x'.repeat(8_000)

test('a socket that stops reading is closed, and no other is delayed', async () => {
  const [ada, bob, cy] = [await register(server, 'ada'), await register(server, 'bob'), await register(server, 'cy')]
  const { id: room } = await groupOf(ada, [bob, cy])
  const stalled = await openRawSocket({ url: server.url, headers: { authorization: `Bearer ${bob.access_token}` } })
  using healthy = await openSocket(server.url, { token: cy.access_token })
  await until(() => stalled.received > 300, 'the stalled one is signed in')
  stalled.pause()
  const before = server.running.sockets()
  // The kernel buffers some megabytes before the server's limit of 1 MiB is reached.
  const MESSAGES = 3_000
  for (let done = 0; done < MESSAGES; done += 50)
    await Promise.all(Array.from({ length: 50 }, () => say(ada, room, LONG)))
  await until(() => healthy.changes(room).at(-1) === MESSAGES + 1, 'the healthy one has everything')
  expect(healthy.changes(room)).toEqual(Array.from({ length: MESSAGES }, (_, index) => index + 2))
  await until(() => server.running.sockets() === before - 1, 'the stalled one is closed')
  stalled.end()
})

/** Bytes that the slow reader takes, and how often. */
const TICK_MS = 50
const BYTES_PER_TICK = (200 * 1024 * TICK_MS) / 1_000

test('5 MB of missed messages are resumed at 200 KB/s during live traffic, without closing, gaps or repetitions', async () => {
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  const { id: room } = await groupOf(ada, [bob])
  const missed = Math.ceil((5 * 1024 * 1024) / (LONG.length + 500))
  for (let done = 0; done < missed; done += 50)
    await Promise.all(Array.from({ length: 50 }, () => say(ada, room, LONG)))

  const frames: ServerFrame[] = []
  let allowance = BYTES_PER_TICK
  const reader = await openRawSocket({
    url: server.url,
    headers: { authorization: `Bearer ${bob.access_token}` },
    onFrame(payload) {
      frames.push(JSON.parse(payload.toString()))
      allowance -= payload.length
      if (allowance <= 0) reader.pause()
    },
  })
  const pace = setInterval(() => {
    allowance = Math.min(allowance, 0) + BYTES_PER_TICK
    if (allowance > 0) reader.resume()
  }, TICK_MS)
  await until(() => frames.some(frame => frame.type === 'ready'), 'the reader is signed in')
  reader.send(JSON.stringify({ type: 'resume', epoch: server.running.storage.epoch, positions: { [room]: 1 } }))
  let live = 0
  while (!frames.some(frame => frame.type === 'resumed')) {
    await say(ada, room, `live ${live}`)
    live += 1
    await Bun.sleep(TICK_MS)
    expect(reader.closed).toBe(false)
  }
  const { last_change } = await ada.client.conversations.get({ conversation_id: room })
  const changes = () =>
    frames.flatMap(frame => (frame.type === 'event' && frame.stream === room ? [frame.change ?? 0] : []))
  await until(() => changes().at(-1) === last_change, 'the live ones have come too')
  clearInterval(pace)
  expect(live).toBeGreaterThan(20)
  expect(changes()).toEqual(Array.from({ length: last_change - 1 }, (_, index) => index + 2))
  expect(reader.closed).toBe(false)
  reader.end()
}, 300_000)
