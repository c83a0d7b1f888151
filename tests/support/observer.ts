import { expect } from 'bun:test'
import type { Conversation } from '../../contracts/entities.ts'
import { EVENTS } from '../../contracts/events.ts'
import { ParleyError, createClient, memoryTokens, type Client, type EventFrame } from '../../src/sdk/index.ts'
import { Store } from '../../src/sdk/store/index.ts'
import { messagesOf } from '../../src/sdk/store/state.ts'
import { readHistory } from './history.ts'
import { checkedFetch } from './checked.ts'
import type { Person } from './people.ts'
import type { SharedServer } from './server.ts'
import { until } from './until.ts'

/** A client on a live connection that has only the first snapshot and the events since. */
export interface Observer extends AsyncDisposable {
  readonly person: Person
  readonly client: Client
  readonly store: Store
  readonly events: readonly EventFrame[]
}

export async function observer(server: Pick<SharedServer, 'url'>, person: Person): Promise<Observer> {
  const tokens = person.client.tokens.current
  const client = createClient({ url: server.url, fetch: checkedFetch, tokens: memoryTokens(tokens), random: () => 0 })
  const events: EventFrame[] = []
  client.live.on('event', frame => {
    checkEvent(frame)
    events.push(frame)
  })
  const store = new Store(client)
  await store.open()
  for (const { id } of store.inbox.get()) await store.messages(id).older(100)
  return {
    person,
    client,
    store,
    events,
    async [Symbol.asyncDispose]() {
      store.close()
      client.close()
    },
  }
}

/** Expects that an event has exactly the fields of the contract. */
export function checkEvent({ event, data }: { event: EventFrame['event']; data: object }): void {
  expect<object>(data).toStrictEqual(EVENTS[event].data.parse(data))
}

/**
 * Snapshot + events = fresh fetch: expects that each observer's state of a conversation equals a fetch now: the own member, the
 * members, and every message with its reactions.
 */
export async function expectAgreement(observers: readonly Observer[], conversation_id: string): Promise<void> {
  for (const { person, store, client } of observers) {
    const fresh = await client.conversations.inboxEntry({ conversation_id }).catch((error: unknown) => {
      if (error instanceof ParleyError && error.code === 'not_found') return null
      throw error
    })
    if (!fresh) {
      await until(() => store.get(conversation_id) === null, `${person.name} forgets ${conversation_id}`)
      continue
    }
    const reached = () => (store.get(conversation_id)?.conversation.last_change ?? 0) >= fresh.last_change
    await until(reached, `${person.name} hears of change ${fresh.last_change}`)
    await until(
      () => Bun.deepEquals(store.get(conversation_id)?.conversation.me, fresh.me),
      `${person.name} knows the own member: ${JSON.stringify(fresh.me)}`,
      () => JSON.stringify(store.get(conversation_id)?.conversation.me),
    )
    const known = store.get(conversation_id)
    expect(known?.conversation).toEqual(fresh)
    await expectMembers(client, fresh)
    const messages = await readHistory(client, conversation_id)
    const mine = messagesOf(known)
    const [oldest] = mine
    // An observer without history has the messages since its snapshot.
    if (oldest) expect(mine).toEqual(messages.filter(message => message.seq >= oldest.seq))
  }
}

async function expectMembers(client: Client, { id, participants, participant_count }: Conversation): Promise<void> {
  const { data } = await client.conversations.members({ conversation_id: id, limit: 100 })
  const byId = (a: { user_id: string }, b: { user_id: string }) => (a.user_id < b.user_id ? -1 : 1)
  if (participant_count <= 100) expect(participants.toSorted(byId)).toEqual(data)
}
