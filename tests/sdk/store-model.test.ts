import { expect, test } from 'bun:test'
import * as fc from 'fast-check'
import { ParleyError, type Client, type Message } from '../../src/sdk/index.ts'
import { sharedServer } from '../support/server.ts'
import { until } from '../support/until.ts'
import { StoreLife, step } from './store-life.ts'

const server = sharedServer()
/** Lives begin until then, and each is lived to its end; what fails says its seed. */
const TIME_MS = 12_000
/** Also on a machine where they take longer. */
const LEAST_LIVES = 25

test('a store that was cut off, misled and started again at random equals a fresh fetch in the end', async () => {
  // Not by fast-check's own limit, which would end a life that fails before it has failed.
  const end = performance.now() + TIME_MS
  let lives = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async steps => {
      if (lives >= LEAST_LIVES && performance.now() > end) return
      lives += 1
      await using life = await StoreLife.begin(server)
      for (const each of steps) await life.do(each)
      life.heal()
      await expectFresh(life)
    }),
    { numRuns: 1_000, endOnFailure: true },
  )
}, 120_000)

/** Expects that everything which the store shows is what a client gets that asks now. */
async function expectFresh({ store, people, client, rooms, drafts }: StoreLife): Promise<void> {
  const asked = people.viewer.client
  const idle = () => {
    for (const { client_id, state } of client.outbox.entries()) if (state === 'failed') store.discard(client_id)
    return client.outbox.entries().length === 0
  }
  await until(idle, 'everything is sent or refused', () => JSON.stringify(client.outbox.entries()))
  await expectSame(
    () => store.inbox.get(),
    async () => (await asked.conversations.inbox({ limit: 100 })).data,
  )
  for (const conversation_id of rooms) {
    expect(store.draft(conversation_id).get()?.content).toBe(drafts.get(conversation_id))
    const conversation = store.conversation(conversation_id).get()
    const shown = () => store.messages(conversation_id).get().items
    if (!conversation) {
      expect(shown()).toEqual([])
      continue
    }
    await expectSame(
      () => store.members(conversation_id).get().items,
      async () => (await asked.conversations.members({ conversation_id })).data,
    )
    // As events have left them, before a fetch can mend what an event has not done.
    const stored = () => shown().flatMap(({ state, message }) => (state === 'stored' ? [message] : []))
    await expectSame(stored, async () => {
      const ids = new Set(stored().map(({ id }) => id))
      return (await whole(asked, conversation_id)).filter(({ id }) => ids.has(id))
    })
    await store.messages(conversation_id).latest()
    const history = async () => (await asked.messages.list({ conversation_id, limit: 100 })).data.toReversed()
    await expectSame(
      () => shown().map(({ message }) => message),
      async () => (await history()).slice(-shown().length),
    )
    const settled = () => shown().every(({ state, changing }) => state === 'stored' && !changing)
    await until(settled, 'every change is stored or taken back', () => JSON.stringify(shown()))
  }
  await expectSame(
    () => store.unread.get(),
    async () => (await asked.users.me()).unread,
  )
  await expectSame(
    () => store.contacts.get().items,
    async () => (await asked.contacts.list()).data,
  )
  await expectSame(
    () => store.blocked.get().items,
    async () => (await asked.contacts.list({ blocked: true })).data,
  )
  await expectSame(
    () => store.preferences.get(),
    () => asked.notifications.preferences(),
  )
}

/** The whole history, oldest first. */
async function whole(client: Client, conversation_id: string): Promise<Message[]> {
  const found: Message[] = []
  for await (const message of client.messages.pages({ conversation_id, sort: 'asc', limit: 100 })) found.push(message)
  return found
}

async function expectSame<T>(known: () => T, fresh: () => Promise<T>): Promise<void> {
  let asked: T | undefined
  try {
    await until(async () => {
      asked = await fresh()
      return Bun.deepEquals(known(), asked)
    }, 'the store is as the server')
  } catch (error) {
    if (error instanceof ParleyError) throw error
    expect(known()).toEqual(asked as T)
    throw error
  }
}
