import { expect, test } from 'bun:test'
import { createClient, memoryTokens, type EventFrame } from '../../src/sdk/index.ts'
import { groupOf, register, say, type Person } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'

const server = sharedServer()

/** A program that listens without a store, behind a network that can be cut. */
async function listener(person: Person) {
  const proxy = await openTcpProxy({ host: '127.0.0.1', port: server.running.port })
  const client = createClient({
    url: `http://127.0.0.1:${proxy.port}`,
    tokens: memoryTokens(person.client.tokens.current),
    random: () => 0,
  })
  const events: EventFrame[] = []
  client.live.on('event', event => void events.push(event))
  await client.live.open()
  const texts = () => events.flatMap(each => (each.event === 'message.created' ? [each.data.content] : []))
  return {
    client,
    texts,
    has: (event: string) => events.some(each => each.event === event),
    /** Runs while the network is away. */
    async without(work: () => Promise<void>) {
      const cut = new Promise<void>(resolve => {
        const stop = client.live.on('status', ({ state }) => {
          if (state !== 'waiting') return
          stop()
          resolve()
        })
      })
      proxy.refuse()
      await cut
      await work()
      proxy.allow()
      client.live.retry()
    },
    async [Symbol.asyncDispose]() {
      client.close()
      await proxy[Symbol.asyncDispose]()
    },
  }
}

test('a connection without a store that is cut before the first event of its conversations misses none of them', async () => {
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  const rooms = await Promise.all(Array.from({ length: 5 }, () => groupOf(ada, [bob])))
  await using bot = await listener(bob)
  await bot.without(async () => {
    for (const { id } of rooms) await say(ada, id, `in ${id}`)
    const { id } = await groupOf(ada, [bob])
    await say(ada, id, 'in a new one')
  })
  await until(
    () => bot.texts().length === 6,
    'the messages',
    () => JSON.stringify(bot.texts()),
  )
  expect(new Set(bot.texts())).toEqual(new Set([...rooms.map(({ id }) => `in ${id}`), 'in a new one']))
})

test('neither does one that is cut after it was told of a conversation, and before the first event there', async () => {
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  await using bot = await listener(bob)
  const { id } = await groupOf(ada, [bob])
  await until(() => bot.has('conversation.joined'), 'the conversation')
  await bot.without(async () => {
    for (const text of ['one', 'two']) await say(ada, id, text)
  })
  await until(() => bot.texts().length === 2, 'the messages')
  await ada.client.groups.removeMember({ conversation_id: id, user_id: bob.id })
  await until(() => bot.has('conversation.left') && bot.has('member.removed'), 'the end, by both streams')
  expect(bot.client.live.positions.has(id)).toBe(false)
  await ada.client.groups.addMembers({ conversation_id: id, user_ids: [bob.id] })
  await say(ada, id, 'three')
  await until(() => bot.texts().includes('three'), 'the message after the return')
  expect(bot.texts()).toEqual(['one', 'two', 'three'])
})
