import { describe, expect, test } from 'bun:test'
import { groupOf, register, say, type Person } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { follow } from '../support/follow.ts'
import { until } from '../support/until.ts'
import { checkEvent } from '../support/observer.ts'
import type { SyncPage } from '../../src/ports/sync.ts'

const server = sharedServer()

async function sync(person: Person, cursor?: string): Promise<SyncPage> {
  const response = await fetch(`${server.url}/sync${cursor === undefined ? '' : `?cursor=${cursor}`}`, {
    headers: { authorization: `Bearer ${person.access_token}` },
  })
  expect(response.status).toBe(200)
  const page = (await response.json()) as SyncPage
  for (const event of page.events) checkEvent(event)
  expect(page.cursor.length).toBeLessThanOrEqual(200)
  return page
}

const changesOf = (page: SyncPage, stream: string) =>
  page.events.filter(event => event.stream === stream).map(event => event.change ?? 0)

describe('GET /sync', () => {
  test('GET /sync continues from a cursor with the missed events, once and in order', async () => {
    const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
    const { id: room } = await groupOf(ada, [bob])
    const start = await sync(bob)
    expect(start).toMatchObject({ events: [], resync: [], has_more: false })
    for (const word of ['one', 'two', 'three']) await say(ada, room, word)
    const page = await sync(bob, start.cursor)
    expect(changesOf(page, room)).toEqual([2, 3, 4])
    expect(page).toMatchObject({ resync: [], has_more: false })
    expect(changesOf(await sync(bob, start.cursor), room)).toEqual([2, 3, 4])
    const idle = await sync(bob, page.cursor)
    expect(idle).toEqual({ events: [], resync: [], cursor: page.cursor, has_more: false })
  })

  test('GET /sync stops at 256 KiB with has_more', async () => {
    const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
    const { id: room } = await groupOf(ada, [bob])
    let { cursor } = await sync(bob)
    for (let index = 0; index < 80; index += 1) await say(ada, room, 'x'.repeat(8_000))
    const seen: number[] = []
    let pages = 0
    for (let more = true; more; pages += 1) {
      const page = await sync(bob, cursor)
      seen.push(...changesOf(page, room))
      ;({ cursor, has_more: more } = page)
    }
    expect(seen).toEqual(Array.from({ length: 80 }, (_, index) => index + 2))
    expect(pages).toBeGreaterThan(2)
  })

  test('replays streams joined since from the joining on, and names all of them for a strange cursor', async () => {
    const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
    const { cursor } = await sync(bob)
    const { id: room } = await groupOf(ada, [bob])
    await say(ada, room, 'one')
    const page = await sync(bob, cursor)
    expect(page.resync).toEqual([])
    expect([changesOf(page, bob.id), changesOf(page, room)]).toEqual([[1], [2]])
    const strange = [
      { stream: bob.id, change: 1 },
      { stream: room, change: 2 },
    ]
    expect((await sync(bob, 'unknown')).resync).toEqual(strange)
    const foreign = await sync(ada)
    expect((await sync(bob, foreign.cursor)).resync).toEqual(strange)
  })

  test('GET /sync gives nothing after a removal', async () => {
    const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
    const { id: room } = await groupOf(ada, [bob])
    const { cursor } = await sync(bob)
    await say(ada, room, 'before')
    await ada.client.groups.removeMember({ conversation_id: room, user_id: bob.id })
    await say(ada, room, 'not for bob')
    const page = await sync(bob, cursor)
    expect(JSON.stringify(page)).not.toContain('not for bob')
    expect(page.events.map(event => event.event)).toContain('conversation.left')
  })

  test('GET /sync needs a token', async () => {
    expect((await fetch(`${server.url}/sync`)).status).toBe(401)
    const ada = await register(server, 'ada')
    const headers = { authorization: `Bearer ${ada.access_token}` }
    expect((await fetch(`${server.url}/sync?cursor=${'x'.repeat(201)}`, { headers })).status).toBe(422)
  })
})

describe('the subscription over SSE', () => {
  test('the subscription gives events and continues where it was: repetitions are possible, gaps are not', async () => {
    const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
    const { id: room } = await groupOf(ada, [bob])
    const first = await follow(server.url, { token: bob.access_token })
    // It begins with the present head, which it has to look up first.
    await until(() => (void say(ada, room, 'knock'), first.changes(room).length > 0), 'the first event')
    for (let index = 0; index < 20; index += 1) await say(ada, room, `word ${index}`)
    const head = async () => (await ada.client.conversations.get({ conversation_id: room })).last_change
    const reached = await head()
    await until(() => first.changes(room).at(-1) === reached, 'all events')
    const seen = first.changes(room)
    expect(seen).toEqual(Array.from({ length: seen.length }, (_, index) => (seen[0] ?? 0) + index))
    const last = first.items.at(-1)?.id
    first.stop()
    for (let index = 0; index < 5; index += 1) await say(ada, room, `missed ${index}`)
    const second = await follow(server.url, {
      token: bob.access_token,
      ...(last === undefined ? {} : { lastEventId: last }),
    })
    const end = await head()
    await until(() => second.changes(room).at(-1) === end, 'what was missed')
    const again = second.changes(room)
    expect(again[0]).toBeLessThanOrEqual(reached + 1)
    expect(again).toEqual(Array.from({ length: again.length }, (_, index) => (again[0] ?? 0) + index))
    const { id: other } = await groupOf(ada, [bob])
    await say(ada, other, 'in a new room')
    await until(() => second.changes(other).includes(2), 'a room joined since')
    second.stop()
  })

  test('the subscription ends with the session', async () => {
    const ada = await register(server, 'ada')
    const following = await follow(server.url, { token: ada.access_token })
    await ada.client.auth.logout({})
    await until(() => following.ended, 'the stream ends')
  })
})
