import { expect, test } from 'bun:test'
import * as fc from 'fast-check'
import { ParleyError } from '../../src/sdk/index.ts'
import { sharedServer } from '../support/server.ts'
import { until } from '../support/until.ts'
import { StoreLife, step } from './store-life.ts'

const server = sharedServer()
/** Lives begin until then; what fails says its seed. */
const TIME_MS = 12_000

test('a store that was cut off, misled and started again at random equals a fresh fetch in the end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async steps => {
      await using life = await StoreLife.begin(server)
      for (const each of steps) await life.do(each)
      life.heal()
      await expectFresh(life)
    }),
    { numRuns: 60, interruptAfterTimeLimit: TIME_MS, endOnFailure: true },
  )
}, 60_000)

/** Expects that everything which the store shows is what a client gets that asks now. */
async function expectFresh({ store, people, client, rooms }: StoreLife): Promise<void> {
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
    const conversation = store.conversation(conversation_id).get()
    const shown = () => store.messages(conversation_id).get().items
    if (!conversation) {
      expect(shown()).toEqual([])
      continue
    }
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
