import { expect, test } from 'bun:test'
import { array, assert, asyncProperty, constant, constantFrom, nat, oneof, record } from 'fast-check'
import type { Kept, OutboxStore } from '../../src/sdk/index.ts'
import { until } from '../support/until.ts'
import { locksOfTabs, standIn } from './environment-stand-in.ts'
import { nothing, problem, startScripted } from './scripted-server.ts'

/** What the server, or what stands before it, does with messages. `lost`: it stores them, and a proxy swallows the answer. */
const MODES = ['ok', 'down', 'proxy', 'limited', 'lost'] as const
type Mode = (typeof MODES)[number]

const step = oneof(
  { weight: 5, arbitrary: record({ does: constant('add' as const), tab: nat(9), room: nat(1) }) },
  {
    weight: 2,
    arbitrary: record({ does: constantFrom('open', 'close', 'hide', 'show', 'online'), tab: nat(9) }),
  },
  { weight: 2, arbitrary: record({ does: constant('serve' as const), mode: constantFrom(...MODES) }) },
  { weight: 2, arbitrary: record({ does: constant('wait' as const), turns: nat(5) }) },
)

/** The server's side: which messages it has stored, by `client_id`. */
function storage() {
  const stored = new Map<string, string>()
  const state = { mode: 'down' as Mode, stored }
  const server = startScripted(async request => {
    if (!new URL(request.url).pathname.endsWith('/messages')) return nothing()
    if (state.mode === 'down') return new Response('down', { status: 503 })
    if (state.mode === 'proxy') return new Response('<h1>Forbidden</h1>', { status: 403 })
    if (state.mode === 'limited') return problem('rate_limited', 429)
    const one = (await request.json()) as { client_id: string; content: string }
    stored.set(one.client_id, one.content)
    return state.mode === 'lost' ? new Response('<h1>Hello</h1>') : Response.json(one, { status: 201 })
  })
  return Object.assign(state, { server })
}

/** Tabs with one asynchronous store. */
function browser(server: ReturnType<typeof startScripted>) {
  const kept = new Map<string, string>()
  const store: OutboxStore = {
    load: async () => [...kept.values()].map(text => JSON.parse(text) as Kept),
    put: async each => void kept.set(each.client_id, JSON.stringify(each)),
    delete: async client_id => void kept.delete(client_id),
  }
  const locks = locksOfTabs()
  const open = () => {
    const environment = standIn({ locks })
    return { environment, client: server.clientOf({ outbox: store, environment, random: () => 0.01 }) }
  }
  return { open, kept }
}

const turn = () => new Promise(resolve => setImmediate(resolve))

test('messages are all stored once the server can be reached, whatever tabs and networks do meanwhile', async () => {
  const property = asyncProperty(array(step, { minLength: 10, maxLength: 60 }), async steps => {
    const world = storage()
    await using server = world.server
    const { open, kept } = browser(server)
    const tabs = [open()]
    const added: string[] = []
    for (const each of steps) {
      if (each.does === 'serve') world.mode = each.mode
      else if (each.does === 'wait') for (let turns = 0; turns < each.turns; turns += 1) await turn()
      else {
        const tab = tabs[each.tab % tabs.length] ?? open()
        if (each.does === 'add')
          added.push(tab.client.outbox.add({ conversation_id: `room-${each.room}`, content: `${added.length}` }))
        else if (each.does === 'open') tabs.push(open())
        else if (each.does !== 'close') tab.environment.sense(each.does)
        else if (tabs.length > 1) {
          // What is added in this turn is on its way to the store.
          await turn()
          tab.client.close()
          tabs.splice(tabs.indexOf(tab), 1)
        }
      }
    }
    world.mode = 'ok'
    for (const { environment } of tabs) environment.sense('show')
    const entries = () => tabs.flatMap(({ client }) => client.outbox.entries())
    await until(() => {
      for (const { client, environment } of tabs) {
        for (const { client_id } of client.outbox.entries()) client.outbox.retry(client_id)
        environment.sense('wake')
      }
      return kept.size === 0 && entries().length === 0
    }, 'nothing is left')
    expect([...world.stored.keys()].toSorted()).toEqual(added.toSorted())
  })
  await assert(property, { numRuns: 80 })
})
