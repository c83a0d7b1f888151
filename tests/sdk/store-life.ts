import * as fc from 'fast-check'
import { ParleyError, createClient, memoryTokens, type Client, type Message } from '../../src/sdk/index.ts'
import { Store } from '../../src/sdk/store/index.ts'
import { groupOf, register, say, type Person } from '../support/people.ts'
import type { SharedServer } from '../support/server.ts'
import { openTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { MemoryPersistence } from './memory-persistence.ts'

const nth = fc.nat({ max: 30 })
const room = fc.nat({ max: 1 })
const emoji = fc.constantFrom('👍', '🎉')
const other = fc.constantFrom('bob' as const, 'cy' as const)

/** What the viewer does with the store. */
const own = fc.record({
  by: fc.constant('store' as const),
  act: fc.constantFrom(
    'send',
    'edit',
    'delete',
    'react',
    'unreact',
    'read',
    'unread',
    'draft',
    'older',
    'jump',
    'latest',
  ),
  room,
  nth,
  emoji,
})
/** What the others do, and the viewer on another device. */
const theirs = fc.record({
  by: fc.oneof(other, fc.constant('phone' as const)),
  act: fc.constantFrom(
    'send',
    'edit',
    'delete',
    'react',
    'unreact',
    'read',
    'rename',
    'pin',
    'mute',
    'block',
    'unblock',
    'be quiet',
  ),
  room,
  nth,
  emoji,
})
const membership = fc.record({
  by: fc.constant('bob' as const),
  act: fc.constantFrom('put out', 'let in', 'new room'),
  room,
  who: fc.constantFrom('viewer' as const, 'cy' as const),
})
const fault = fc.record({
  by: fc.constant('fault' as const),
  act: fc.constantFrom('cut', 'lose answers', 'lose requests', 'repeat', 'restart', 'pause'),
  times: fc.integer({ min: 1, max: 3 }),
})
export const step = fc.oneof(
  { weight: 5, arbitrary: own },
  { weight: 5, arbitrary: theirs },
  { weight: 1, arbitrary: membership },
  { weight: 2, arbitrary: fault },
)
export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** A store in a random life: several users write, its network fails, and it is started again from what it saved. */
export class StoreLife implements AsyncDisposable {
  readonly persistence = new MemoryPersistence()
  readonly people: Record<'viewer' | 'bob' | 'cy', Person>
  readonly rooms: string[]
  /** What the viewer has written and not sent, by room. */
  readonly drafts = new Map<string, string>()
  client: Client
  store: Store
  readonly #proxy: TcpProxy
  readonly #faults: ('answer' | 'request' | 'repeat')[] = []
  #stops: (() => void)[] = []
  #count = 0
  /** Steps until the store is started again; 0: it runs. */
  #down = 0

  static async begin(server: SharedServer): Promise<StoreLife> {
    const [viewer, bob, cy] = [
      await register(server, 'viewer'),
      await register(server, 'bob'),
      await register(server, 'cy'),
    ]
    const rooms = [(await groupOf(bob, [viewer, cy])).id, (await groupOf(bob, [viewer, cy], 'Looms')).id]
    for (const id of rooms) await say(bob, id, 'welcome')
    const { hostname: host, port } = new URL(server.url)
    const life = new StoreLife(await openTcpProxy({ host, port: Number(port) }), { viewer, bob, cy }, rooms)
    await life.store.open()
    return life
  }

  private constructor(proxy: TcpProxy, people: StoreLife['people'], rooms: string[]) {
    this.#proxy = proxy
    this.people = people
    this.rooms = rooms
    const { client, store } = this.#start()
    this.client = client
    this.store = store
  }

  async do(each: Step): Promise<void> {
    if (this.#down > 0 && (this.#down -= 1) === 0) this.#restart()
    if (each.by === 'store') return this.#down > 0 ? undefined : this.#act(each)
    if (each.by === 'fault') return this.#fail(each)
    // What is refused, such as an edit of a message that is gone, belongs to the life.
    const done = 'who' in each ? this.#change(each) : this.#others(each)
    await done.catch((error: unknown) => {
      if (!(error instanceof ParleyError)) throw error
    })
  }

  /** From now on nothing fails. */
  heal(): void {
    this.#faults.length = 0
    if (this.#down > 0) this.#restart()
    this.#down = 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop()
    await this.#proxy[Symbol.asyncDispose]()
  }

  #start() {
    const { viewer } = this.people
    const client = createClient({
      url: `http://127.0.0.1:${this.#proxy.port}`,
      tokens: memoryTokens(viewer.client.tokens.current),
      fetch: this.#fetch,
      random: () => 0,
    })
    const store = new Store(client, { random: () => 0, persistence: this.persistence })
    const watched = [
      store.inbox,
      store.contacts,
      store.blocked,
      store.preferences,
      ...this.rooms.map(id => store.messages(id)),
    ]
    const lists = this.rooms.map(id => store.members(id))
    const stops = [...watched, ...lists].map(source => source.subscribe(() => undefined))
    this.#stops = [...stops, () => store.close(), () => client.close()]
    return { client, store }
  }

  #restart(): void {
    Object.assign(this, this.#start())
    this.store.open().catch(() => undefined)
  }

  #stop(): void {
    for (const stop of this.#stops) stop()
  }

  /** Calls of the store, some of which are lost on the way or repeated. */
  readonly #fetch = (async (input: string, init?: RequestInit) => {
    const fault = this.#faults.shift()
    if (fault === 'request') throw new TypeError('the network broke')
    if (fault === 'repeat') await fetch(input, init)
    const answer = await fetch(input, init)
    if (fault === 'answer') throw new TypeError('the network broke')
    return answer
  }) as typeof fetch

  #nth(list: readonly Message[], index: number): Message | undefined {
    return list[index % Math.max(1, list.length)]
  }

  async #act({ act, room, nth, emoji }: Extract<Step, { by: 'store' }>): Promise<void> {
    const id = this.rooms[room % this.rooms.length] ?? ''
    const { store } = this
    const view = store.messages(id)
    const stored = view.get().items.flatMap(({ state, message }) => (state === 'stored' ? [message] : []))
    const message = this.#nth(stored, nth)
    const mine = this.#nth(
      stored.filter(({ sender_id, type }) => sender_id === this.people.viewer.id && type === 'text'),
      nth,
    )
    const goes = (work: Promise<unknown> | undefined) => void work?.catch(() => undefined)
    if (act === 'send') {
      store.send({ conversation_id: id, content: `from the store ${(this.#count += 1)}` })
      this.drafts.delete(id)
    } else if (act === 'edit') goes(mine && store.edit(mine, { content: `edited ${(this.#count += 1)}` }))
    else if (act === 'delete') goes(mine && store.delete(mine))
    else if (act === 'react' || act === 'unreact') goes(message && store.react(message, emoji, act === 'react'))
    else if (act === 'read') store.read(id, message?.seq)
    else if (act === 'unread') goes(message && store.markUnread(id, message.seq))
    else if (act === 'draft') {
      const content = nth % 3 === 0 ? null : `draft ${nth}`
      store.setDraft(id, content === null ? null : { content })
      if (content === null) this.drafts.delete(id)
      else this.drafts.set(id, content)
    } else if (act === 'older') goes(view.older(5))
    else if (act === 'latest') goes(view.latest(5))
    else goes(message && view.jump(message.id, 5))
  }

  async #others({ by, act, room, nth, emoji }: Extract<Step, { emoji: string; by: 'bob' | 'cy' | 'phone' }>) {
    const { viewer, ...others } = this.people
    const { client, id: user_id } = by === 'phone' ? viewer : others[by]
    const conversation_id = this.rooms[room % this.rooms.length] ?? ''
    const { data } = await client.messages.list({ conversation_id, limit: 30 })
    const message_id = this.#nth(data, nth)?.id ?? ''
    const mine = this.#nth(
      data.filter(({ sender_id, type }) => sender_id === user_id && type === 'text'),
      nth,
    )
    const content = `${by} ${(this.#count += 1)}`
    if (act === 'send') await client.messages.send({ conversation_id, content, mentions: [viewer.id] })
    else if (act === 'edit') await (mine && client.messages.update({ message_id: mine.id, content }))
    else if (act === 'delete') await (mine && client.messages.delete({ message_id: mine.id }))
    else if (act === 'react') await client.messages.react({ message_id, emoji })
    else if (act === 'unreact') await client.messages.unreact({ message_id, emoji })
    else if (act === 'read') await client.conversations.read({ conversation_id, seq: nth % (1 + (data[0]?.seq ?? 0)) })
    else if (act === 'rename') await client.conversations.update({ conversation_id, name: content })
    else if (act === 'pin') await client.conversations.membership({ conversation_id, pinned: nth % 2 === 0 })
    else if (act === 'mute') await client.conversations.membership({ conversation_id, archived: nth % 2 === 0 })
    else if (act === 'block') await viewer.client.contacts.block({ contact_id: others.cy.id })
    else if (act === 'be quiet')
      await viewer.client.notifications.updatePreferences({ level: nth % 2 === 0 ? 'all' : 'mentions' })
    else await viewer.client.contacts.unblock({ contact_id: others.cy.id })
  }

  async #change({ act, room, who }: Extract<Step, { who: string }>): Promise<void> {
    const { bob, viewer } = this.people
    const conversation_id = this.rooms[room % this.rooms.length] ?? ''
    const { id } = this.people[who]
    if (act === 'put out') await bob.client.groups.removeMember({ conversation_id, user_id: id })
    else if (act === 'let in') await bob.client.groups.addMembers({ conversation_id, user_ids: [id] })
    else if (this.rooms.length < 5) {
      const created = await groupOf(bob, [viewer], 'New')
      this.rooms.push(created.id)
      if (this.#down > 0) return
      for (const source of [this.store.messages(created.id), this.store.members(created.id)])
        this.#stops.push(source.subscribe(() => undefined))
    }
  }

  async #fail({ act, times }: Extract<Step, { by: 'fault' }>): Promise<void> {
    const add = (fault: 'answer' | 'request' | 'repeat') =>
      this.#faults.push(...Array.from({ length: times }, () => fault))
    if (act === 'cut') this.#proxy.reset()
    else if (act === 'lose answers') add('answer')
    else if (act === 'lose requests') add('request')
    else if (act === 'repeat') add('repeat')
    else if (act === 'pause') await Bun.sleep(times * 5)
    else {
      // Messages that are being sent are the outbox's, which has no store of its own here.
      for (const { state } of this.client.outbox.entries()) if (state !== 'failed' && state !== 'sent') return
      if (this.#down === 0) this.#stop()
      this.#down = 1 + times
    }
  }
}
