import { expect, test } from 'bun:test'
import { follow } from '../support/follow.ts'
import { groupOf, register, say } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const server = sharedServer()

test('A subscription that is cut before its first event goes on where it began.', async () => {
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  const { id: room } = await groupOf(ada, [bob])
  const first = await follow(server.url, { token: bob.access_token })
  await until(() => first.items.length > 0, 'a first cursor')
  const [start] = first.items
  expect(start?.data).toEqual({ cursor: start?.id ?? '', frame: { type: 'cursor' } })
  first.stop()
  await say(ada, room, 'while nobody listened')
  const second = await follow(server.url, { token: bob.access_token, lastEventId: start?.id ?? '' })
  await until(() => second.changes(room).length > 0, 'what was missed')
  expect(second.changes(room)).toEqual([2])
  second.stop()
})

test('A subscription that is cut while it names streams to fetch again names all of them again.', async () => {
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  const rooms = [await groupOf(ada, [bob]), await groupOf(ada, [bob])]
  const first = await follow(server.url, { token: bob.access_token, lastEventId: 'unknown' })
  await until(() => first.resyncs().length === 3, 'all streams')
  first.stop()
  // As if the connection had ended after the first of the three.
  const second = await follow(server.url, { token: bob.access_token, lastEventId: first.items[0]?.id ?? '' })
  await until(() => second.resyncs().length === 3, 'all streams again')
  expect(new Set(second.resyncs().map(([stream]) => stream))).toEqual(new Set([bob.id, ...rooms.map(({ id }) => id)]))
  await until(() => second.items.at(-1)?.data.frame.type === 'cursor', 'the cursor behind them')
  const third = await follow(server.url, { token: bob.access_token, lastEventId: second.items.at(-1)?.id ?? '' })
  await until(() => third.items.length > 0, 'a cursor')
  expect(third.resyncs()).toEqual([])
  second.stop()
  third.stop()
})

test.each([
  ['in the query', (ticket: string) => ({ ticket })],
  ['among the connectionParams of tRPC', (ticket: string) => ({ connectionParams: JSON.stringify({ ticket }) })],
])('An EventSource, which cannot send headers, signs in by a one-use ticket %s.', async (_where, query) => {
  const ada = await register(server, 'ada')
  const { id: room } = await groupOf(ada, [])
  const { ticket } = await ada.client.auth.wsTicket()
  const following = await follow(server.url, { query: query(ticket) })
  await until(
    () => following.items.length > 0,
    'the subscription begins',
    () => following.error,
  )
  await say(ada, room, 'hello')
  await until(() => following.changes(room).includes(2), 'the event comes')
  following.stop()
  for (const used of [ticket, 'nonsense']) {
    const refused = await follow(server.url, { query: query(used) })
    await until(() => refused.error !== null, 'a ticket that is not valid is refused')
    expect(refused.error).toContain('"code":"unauthenticated"')
    refused.stop()
  }
})

test('A token in the URL is not accepted, and a ticket signs in the subscription only.', async () => {
  const ada = await register(server, 'ada')
  const refused = await follow(server.url, {
    query: { connectionParams: JSON.stringify({ token: ada.access_token }), token: ada.access_token },
  })
  await until(() => refused.error !== null, 'it is refused')
  expect(refused.error).toContain('"code":"unauthenticated"')
  refused.stop()
  const { ticket } = await ada.client.auth.wsTicket()
  expect((await fetch(`${server.url}/trpc/users.me?ticket=${ticket}`)).status).toBe(401)
  expect((await fetch(`${server.url}/sync?ticket=${ticket}`)).status).toBe(401)
})
