import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { storedOutbox, type ClientOptions, type Kept, type OutboxStore } from '../../src/sdk/index.ts'
import { until } from '../support/until.ts'
import { locksOfTabs, standIn } from './environment-stand-in.ts'
import { ADA, nothing, startScripted, type ScriptedServer } from './scripted-server.ts'

let reachable = true
let sent: { content: string; client_id: string }[] = []
let server: ScriptedServer

beforeEach(() => {
  reachable = false
  sent = []
  server = startScripted(async request => {
    if (!new URL(request.url).pathname.endsWith('/messages')) return nothing()
    const one = (await request.json()) as (typeof sent)[number]
    sent.push(one)
    return reachable ? Response.json(one, { status: 201 }) : new Response('down', { status: 503 })
  })
})
afterEach(() => server[Symbol.asyncDispose]())

const to = (content: string, conversation_id = 'room') => ({ conversation_id, content })
const contents = () => sent.map(({ content }) => content)

/** A store as IndexedDB is one: everything is a copy and comes later. */
function shelf(entries: readonly Kept[] = []) {
  const kept = new Map(entries.map(each => [each.client_id, JSON.stringify(each)]))
  const store: OutboxStore = {
    load: async () => [...kept.values()].map(text => JSON.parse(text) as Kept),
    put: async each => void kept.set(each.client_id, JSON.stringify(each)),
    delete: async client_id => void kept.delete(client_id),
  }
  return { store, kept }
}

/** Tabs of one browser. Left alone, each waits for most of a minute before it sends again. */
function browser(options: Partial<ClientOptions> = {}) {
  const locks = locksOfTabs()
  const { store, kept } = shelf()
  const tab = () => {
    const environment = standIn({ locks })
    return { ...server.clientOf({ outbox: store, environment, random: () => 100, ...options }), environment }
  }
  return { tab, kept, locks }
}

/** Adds a message that cannot be sent. */
async function stuck({ outbox }: ReturnType<ReturnType<typeof browser>['tab']>, content: string) {
  outbox.add(to(content))
  await until(() => outbox.entries().at(-1)?.state === 'waiting' && contents().includes(content), 'it waits')
}

describe('tabs with one store of unsent messages', () => {
  test('a tab does not send the messages of another one that runs', async () => {
    const { tab } = browser()
    const one = tab()
    await stuck(one, 'of one')
    reachable = true
    const two = tab()
    two.outbox.wake()
    await two.outbox.send(to('of two', 'elsewhere'))
    expect(two.outbox.entries()).toEqual([])
    expect(contents()).toEqual(['of one', 'of two'])
    one.environment.sense('online')
    await until(() => one.outbox.entries().length === 0, 'the first sends its own')
  })

  test('a tab takes the messages of one that is gone when it starts or wakes, and sends them in their order', async () => {
    for (const running of [true, false]) {
      reachable = false
      const { tab, kept } = browser()
      const other = running ? tab() : null
      const one = tab()
      await stuck(one, 'first')
      one.outbox.add(to('second'))
      one.outbox.add(to('third'))
      one.close()
      reachable = true
      const two = other ?? tab()
      two.environment.sense('wake')
      await until(() => kept.size === 0, 'all are stored')
      expect(contents().slice(-3)).toEqual(['first', 'second', 'third'])
    }
    expect(new Set(sent.map(({ client_id }) => client_id)).size).toBe(6)
  })

  test('a tab that runs takes the messages of one that has ended, without any sign', async () => {
    const { tab, kept } = browser()
    const [one, two] = [tab(), tab()]
    await stuck(one, 'left')
    reachable = true
    one.close()
    await until(() => kept.size === 0, 'it is stored')
    two.close()
    expect(contents().at(-1)).toBe('left')
  })

  test('a tab takes what two other tabs have left only once, however many start', async () => {
    const { tab, kept } = browser()
    for (const content of ['of one', 'of two']) {
      const old = tab()
      await stuck(old, content)
      old.close()
    }
    sent = []
    reachable = true
    Array.from({ length: 5 }, tab)
    await until(() => kept.size === 0, 'all are stored')
    expect(contents().toSorted()).toEqual(['of one', 'of two'])
  })

  test('a page in the page cache holds no lock, and leaves its messages to others until it is shown', async () => {
    const { tab, locks } = browser()
    const one = tab()
    await stuck(one, 'of one')
    expect(locks.held.size).toBe(1)
    one.environment.sense('hide')
    await until(() => locks.held.size === 0, 'the lock is released')
    const two = tab()
    await until(() => two.outbox.entries().length === 1, 'another tab has taken it')
    one.environment.sense('show')
    await until(() => one.outbox.entries().length === 0, 'it is no longer in the first')
    expect(locks.held.size).toBe(2)
  })

  test('a tab on a platform without locks takes what is stored when it starts, and nothing later', async () => {
    const { store, kept } = shelf()
    const tab = () => server.clientOf({ outbox: store, environment: standIn(), random: () => 100 })
    const early = tab()
    reachable = true
    await early.outbox.send(to('first of early', 'elsewhere'))
    reachable = false
    const one = tab()
    one.outbox.add(to('of one'))
    await until(() => one.outbox.entries()[0]?.state === 'waiting', 'it waits')
    reachable = true
    early.outbox.wake()
    await early.outbox.send(to('of early', 'elsewhere'))
    expect(early.outbox.entries()).toEqual([])
    one.close()
    tab()
    await until(() => kept.size === 0, 'it is stored')
    expect(contents()).toEqual(['first of early', 'of one', 'of early', 'of one'])
  })
})

test('a store of a browser has an item for each message, beside those of others', () => {
  const items = new Map([['of another', 'kept']])
  const storage = {
    get length() {
      return items.size
    },
    key: (index: number) => [...items.keys()][index] ?? null,
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
    clear: () => items.clear(),
  }
  const store = storedOutbox(storage)
  const kept = (client_id: string): Kept => ({
    client_id,
    user_id: ADA.id,
    draft: to('text'),
    order: 1,
    state: 'waiting',
    owner: 'tab',
  })
  for (const client_id of ['a', 'b', 'c']) void store.put(kept(client_id))
  void store.delete('b')
  expect(store.load()).toEqual([kept('a'), kept('c')])
  void store.delete('a')
  void store.delete('c')
  expect([...items]).toEqual([['of another', 'kept']])
})
