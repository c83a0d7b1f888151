import { expect, test } from 'bun:test'
import { fillRoom } from '../support/large-room.ts'
import { groupOf, register, say } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { openSocket, type TestSocket } from '../support/socket.ts'
import { until } from '../support/until.ts'

const time = { passed: 0 }
const server = sharedServer({ overrides: { clock: () => new Date(Date.now() + time.passed) } })

const receiptsAt = ({ frames }: TestSocket) =>
  frames.flatMap(frame =>
    frame.type === 'event' && frame.event === 'receipt.updated' ? [Number(frame.data['last_read_seq'])] : [],
  )

test('Receipts of one reader reach the others at most once a second, and the latest always does.', async () => {
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  const { id: room } = await groupOf(ada, [bob])
  const READS = 40
  for (let index = 0; index < READS; index += 1) await say(ada, room, `word ${index}`)
  using socket = await openSocket(server.url, { token: ada.access_token })
  const start = performance.now()
  for (let seq = 1; seq <= READS; seq += 1) await bob.client.conversations.read({ conversation_id: room, seq })
  await until(() => receiptsAt(socket).at(-1) === READS, 'the latest receipt comes')
  const seconds = (performance.now() - start) / 1_000
  expect(receiptsAt(socket).length).toBeLessThanOrEqual(seconds + 2)
  expect(receiptsAt(socket)).toEqual(receiptsAt(socket).toSorted((a, b) => a - b))
})

test('In a large room receipts go only to the sockets of sessions that lately asked for its receipts.', async () => {
  const [ada, bob, cy] = [await register(server, 'ada'), await register(server, 'bob'), await register(server, 'cy')]
  const [dee, eve] = [await register(server, 'dee'), await register(server, 'eve')]
  const { id: room } = await groupOf(ada, [bob, cy, dee, eve])
  await fillRoom(server, ada.id, room, 101)
  for (const word of ['one', 'two', 'three']) await say(ada, room, word)
  using watching = await openSocket(server.url, { token: bob.access_token })
  using other = await openSocket(server.url, { token: cy.access_token })
  await bob.client.conversations.receipts({ conversation_id: room })
  const first = 2
  await dee.client.conversations.read({ conversation_id: room, seq: first })
  await until(() => receiptsAt(watching).includes(first), 'who asked for receipts is told')
  time.passed += 11 * 60_000
  await eve.client.conversations.read({ conversation_id: room, seq: first + 1 })
  const { change } = await say(ada, room, 'after')
  await until(() => watching.changes(room).includes(change) && other.changes(room).includes(change), 'both are here')
  expect([receiptsAt(watching), receiptsAt(other)]).toEqual([[first], []])
})
