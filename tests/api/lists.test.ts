import { beforeAll, describe, expect, test } from 'bun:test'
import { groupOf, refused, register, say, signIn, type Person } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'

const LONG = '👍'.repeat(8_000)
const MAX_BYTES = 256 * 1024

interface Page {
  data: unknown[]
  has_more: boolean
  next_start: string | null
}

const server = sharedServer()

/** Follows `next_start` to the end and returns the pages. */
async function walk<P extends Page>(read: (start: { start?: string }) => Promise<P>): Promise<P[]> {
  const pages: P[] = []
  for (let start: string | null = null; ;) {
    const page = await read(start === null ? {} : { start })
    expect(page.has_more).toBe(page.next_start !== null)
    pages.push(page)
    start = page.next_start
    if (start === null) return pages
  }
}

describe('an answer stops at 256 KiB, and the list goes on behind it', () => {
  let ada: Person
  let room = ''
  const rooms: string[] = []
  const messages: string[] = []
  beforeAll(async () => {
    ada = await register(server, 'ada')
    for (let index = 0; index < 10; index += 1) {
      const { id } = await groupOf(ada, [])
      rooms.push(id)
      messages.push((await say(ada, id, LONG)).id)
    }
    room = rooms[0] ?? ''
    for (let index = 0; index < 10; index += 1) {
      const { id } = await say(ada, room, LONG)
      messages.push(id)
      await ada.client.messages.pin({ message_id: id })
    }
  })

  async function expectAll<P extends Page>(
    read: (start: { start?: string }) => Promise<P>,
    ids: readonly string[],
    idsOf: (page: P) => string[],
  ): Promise<void> {
    const pages = await walk(read)
    expect(pages.length).toBeGreaterThan(1)
    for (const page of pages) expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(MAX_BYTES)
    expect(pages.flatMap(idsOf).toSorted()).toEqual(ids.toSorted())
  }
  const conversationIds = (page: Page & { data: { id: string }[] }) => page.data.map(({ id }) => id)

  test('a list of conversations by id and by activity stops at 256 KiB', async () => {
    const { conversations } = ada.client
    for (const order of ['id', 'activity'] as const)
      await expectAll(start => conversations.list({ order, limit: 100, ...start }), rooms, conversationIds)
  })

  test('the inbox stops at 256 KiB', () =>
    expectAll(start => ada.client.conversations.inbox({ limit: 100, ...start }), rooms, conversationIds))

  test('the list of pins stops at 256 KiB', async () => {
    const read = (start: { start?: string }) =>
      ada.client.messages.pins({ conversation_id: room, limit: 100, ...start })
    await expectAll(read, messages.slice(10), page => page.data.map(({ message }) => message.id))
  })

  test('the export of an account stops at 256 KiB', async () => {
    const seen: string[] = []
    const read = async (start: { start?: string }) => {
      const { messages: sent, ...others } = await ada.client.users.export({ limit: 100, ...start })
      seen.push(...others.sessions.map(({ id }) => id), ...others.conversations.map(({ id }) => id))
      return { ...others, ...sent }
    }
    await expectAll(read, messages, page => page.data.map(({ id }) => id))
    expect(seen).toEqual([ada.session_id, ...rooms])
  })

  test('the earlier texts of a message stop at 256 KiB', async () => {
    const [message_id = ''] = messages
    for (let index = 0; index < 10; index += 1)
      await ada.client.messages.update({ message_id, content: `${LONG.slice(2)}${index}` })
    const pages = await walk(start => ada.client.messages.history({ message_id, limit: 100, ...start }))
    expect(pages.map(page => page.data.length)).toEqual([8, 2])
    for (const page of pages) expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(MAX_BYTES)
  })
})

describe('the parameters of a list', () => {
  test('sessions are listed newest first by default and take the parameters of lists', async () => {
    const ada = await register(server, 'ada')
    const others = [await signIn(server, ada.name), await signIn(server, ada.name)]
    const ids = [ada, ...others].map(({ session_id }) => session_id)
    const { sessions } = ada.client.auth
    const walked = async (sort: 'asc' | 'desc') =>
      (await walk(start => sessions({ sort, limit: 1, ...start }))).flatMap(page => page.data.map(({ id }) => id))
    expect(await walked('asc')).toEqual(ids)
    expect(await walked('desc')).toEqual(ids.toReversed())
    expect((await sessions({})).data.map(({ id }) => id)).toEqual(ids.toReversed())
    expect((await sessions({ before: ids[0] ?? '' })).data).toHaveLength(2)
  })

  test('earlier texts of a message take the parameters of lists, by the names that the list gives them', async () => {
    const ada = await register(server, 'ada')
    const { id: message_id } = await say(ada, (await groupOf(ada, [])).id, 'v0')
    for (let index = 1; index <= 5; index += 1) await ada.client.messages.update({ message_id, content: `v${index}` })
    const { history } = ada.client.messages
    const walked = async (sort: 'asc' | 'desc') =>
      (await walk(start => history({ message_id, sort, limit: 2, ...start }))).flatMap(page =>
        page.data.map(({ content }) => content),
      )
    expect(await walked('asc')).toEqual(['v0', 'v1', 'v2', 'v3', 'v4'])
    expect(await walked('desc')).toEqual(['v4', 'v3', 'v2', 'v1', 'v0'])
    const { last_id } = await history({ message_id, limit: 3 })
    expect((await history({ message_id, before: last_id ?? '' })).data.map(({ content }) => content)).toEqual([
      'v0',
      'v1',
    ])
    await refused(history({ message_id, start: 'anything' }), 'validation_failed')
  })

  test('sort reverses the inbox', async () => {
    const ada = await register(server, 'ada')
    const rooms: string[] = []
    for (let index = 0; index < 5; index += 1) {
      const { id } = await groupOf(ada, [])
      await say(ada, id, 'hello')
      rooms.push(id)
    }
    const { inbox } = ada.client.conversations
    const walked = async (sort: 'asc' | 'desc') =>
      (await walk(start => inbox({ sort, limit: 2, ...start }))).flatMap(page => page.data.map(({ id }) => id))
    expect(await walked('desc')).toEqual((await walked('asc')).toReversed())
    expect((await walked('asc')).toSorted()).toEqual(rooms.toSorted())
  })

  test('a list refuses a start that no page gave', async () => {
    const { client } = await register(server, 'ada')
    for (const start of ['garbage', 'bWVzc2FnZXM', 'x'.repeat(200)]) {
      await refused(client.users.export({ start }), 'validation_failed')
      await refused(client.conversations.inbox({ start }), 'validation_failed')
    }
  })
})
