import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { memoryTokens, type ClientOptions, type Kept, type OutboxStore } from '../../src/sdk/index.ts'
import { MAX_WAITING } from '../../src/sdk/outbox.ts'
import { until } from '../support/until.ts'
import { ADA, nothing, problem, signedIn, startScripted, type ScriptedServer } from './scripted-server.ts'

interface Sent {
  room: string
  content: string
  client_id: string
  token: string | null
}

/** What the server says to each send; the default stores it. */
let answer: (sent: Sent) => Response | Promise<Response>
let sent: Sent[] = []
let server: ScriptedServer

const stored = ({ content, client_id }: Sent) => Response.json({ content, client_id }, { status: 201 })
const down = () => new Response('down', { status: 503 })
const bob = { ...ADA, id: '01890000-0000-7000-8000-00000000000b' }

beforeEach(() => {
  answer = stored
  sent = []
  server = startScripted(async request => {
    const room = /^\/conversations\/(\w+)\/messages$/.exec(new URL(request.url).pathname)?.[1]
    if (room === undefined) return nothing()
    const token = request.headers.get('authorization')?.replace('Bearer ', '') ?? null
    const one = { room, token, ...((await request.json()) as Pick<Sent, 'content' | 'client_id'>) }
    sent.push(one)
    return answer(one)
  })
})
afterEach(() => server[Symbol.asyncDispose]())

const clientOf = (options: Partial<ClientOptions> = {}) => server.clientOf(options)

/** A store of the app, which outlives clients. */
function shelf(entries: readonly Kept[] = []) {
  const kept = new Map(entries.map(each => [each.client_id, each]))
  const store: OutboxStore = {
    load: () => [...kept.values()],
    put: each => void kept.set(each.client_id, each),
    delete: client_id => void kept.delete(client_id),
  }
  return { store, kept }
}

const to = (conversation_id: string, content: string) => ({ conversation_id, content })
const contents = () => sent.map(({ content }) => content)

describe('a message in the outbox', () => {
  test('a message has its client_id at once, and leaves the outbox when it is stored', async () => {
    const { outbox } = clientOf()
    const told: unknown[] = []
    outbox.on('sent', ({ client_id, message }) => told.push([client_id, message.content]))
    const client_id = outbox.add(to('room', 'hello'))
    expect(outbox.entries()).toMatchObject([{ client_id, user_id: ADA.id, draft: { content: 'hello' } }])
    await until(() => outbox.entries().length === 0, 'it is stored')
    expect(told).toEqual([[client_id, 'hello']])
    expect(sent).toMatchObject([{ client_id, content: 'hello' }])
  })

  test('a message is repeated under the same client_id until there is an answer', async () => {
    const { outbox } = clientOf({ timeout_ms: 50 })
    const answers = [
      down,
      () => problem('busy', 503),
      ...[200, 401, 403, 404, 405, 408, 421, 429, 502].map(status => () => new Response('<h1>proxy</h1>', { status })),
      () => new Promise<Response>(() => undefined),
    ]
    answer = one => (answers.shift() ?? stored)(one)
    expect(await outbox.send(to('room', 'hello'))).toMatchObject({ content: 'hello' })
    expect(sent).toHaveLength(13)
    expect(new Set(sent.map(({ client_id }) => client_id)).size).toBe(1)
  })

  test('a message waits for the one before it in its conversation, and for no other', async () => {
    const { outbox } = clientOf()
    const { promise, resolve } = Promise.withResolvers<void>()
    let failures = 0
    answer = async one => {
      if (one.content !== 'slow') return stored(one)
      await promise
      failures += 1
      return failures < 3 ? down() : stored(one)
    }
    outbox.add(to('one', 'slow'))
    const after = outbox.send(to('one', 'after'))
    await outbox.send(to('two', 'beside'))
    expect(contents()).toEqual(['slow', 'beside'])
    resolve()
    await after
    expect(contents()).toEqual(['slow', 'beside', 'slow', 'slow', 'after'])
  })

  test('a message is not repeated before the server allows it, also when the app calls `wake`', async () => {
    const { outbox } = clientOf()
    const at: number[] = []
    answer = one => {
      at.push(performance.now())
      return at.length === 1 ? problem('rate_limited', 429, { retry_after: 1 }) : stored(one)
    }
    const done = outbox.send(to('room', 'hello'))
    await until(() => at.length === 1, 'the first attempt')
    const nagging = setInterval(() => outbox.wake(), 5)
    await done.finally(() => clearInterval(nagging))
    const [first = 0, second = 0] = at
    // Timers of a loaded machine may fire early by what the event loop was late.
    expect(second - first).toBeGreaterThanOrEqual(700)
  })

  test('a message is repeated at once when the app calls `wake`', async () => {
    // Left alone it would wait for most of a minute.
    const { outbox } = clientOf({ random: () => 100 })
    answer = one => (sent.length === 1 ? down() : stored(one))
    const done = outbox.send(to('room', 'hello'))
    await until(() => sent.length === 1, 'the first attempt')
    const nagging = setInterval(() => outbox.wake(), 5)
    await done.finally(() => clearInterval(nagging))
    expect(sent).toHaveLength(2)
  })

  test('a message that is refused for good stays as failed, is reported, and the next one is sent', async () => {
    const { store, kept } = shelf()
    const { outbox } = clientOf({ outbox: store })
    const failed: unknown[] = []
    outbox.on('failed', ({ error }) => failed.push(error))
    answer = one => (one.content === 'wrong' ? problem('validation_failed', 422) : stored(one))
    const wrong = outbox.send(to('room', 'wrong')).catch((error: unknown) => error)
    const right = outbox.send(to('room', 'right'))
    expect(await wrong).toMatchObject({ code: 'validation_failed' })
    expect(await right).toMatchObject({ content: 'right' })
    expect(failed).toMatchObject([{ code: 'validation_failed' }])
    expect(contents()).toEqual(['wrong', 'right'])
    expect(outbox.entries()).toMatchObject([{ state: 'failed', reason: { problem: { code: 'validation_failed' } } }])
    expect([...kept.values()]).toMatchObject([{ state: 'failed', reason: { problem: { code: 'validation_failed' } } }])
  })
})

describe('a message that has failed', () => {
  /** One that the server refuses until `mended`. */
  async function failed() {
    const { store, kept } = shelf()
    const { outbox } = clientOf({ outbox: store })
    answer = one => (one.content === 'wrong' ? problem('forbidden', 403) : stored(one))
    const client_id = outbox.add(to('room', 'wrong'))
    await until(() => outbox.entries()[0]?.state === 'failed', 'it has failed')
    return { outbox, store, kept, client_id }
  }

  test('a failed message is sent again when the app says so, under its client_id', async () => {
    const { outbox, kept, client_id } = await failed()
    answer = stored
    outbox.retry(client_id)
    await until(() => outbox.entries().length === 0, 'it is stored')
    expect(sent.map(each => each.client_id)).toEqual([client_id, client_id])
    expect(kept.size).toBe(0)
  })

  test('a failed message that is sent again goes before those that wait', async () => {
    const { outbox, client_id } = await failed()
    const { promise, resolve } = Promise.withResolvers<void>()
    answer = one => promise.then(() => stored(one))
    outbox.add(to('room', 'on its way'))
    const last = outbox.send(to('room', 'last'))
    outbox.retry(client_id)
    resolve()
    await last
    expect(contents()).toEqual(['wrong', 'on its way', 'wrong', 'last'])
  })

  test('a failed message is discarded when the app says so', async () => {
    const { outbox, kept, client_id } = await failed()
    outbox.discard(client_id)
    expect(outbox.entries()).toEqual([])
    expect(kept.size).toBe(0)
    await outbox.send(to('room', 'right'))
    expect(contents()).toEqual(['wrong', 'right'])
  })

  test('a failed message is failed with its reason after a restart, and is not sent', async () => {
    const { store, client_id } = await failed()
    const { outbox } = clientOf({ outbox: store })
    await until(() => outbox.entries().length === 1, 'it is loaded')
    expect(outbox.entries()).toMatchObject([
      { client_id, state: 'failed', reason: { problem: { code: 'forbidden', status: 403 } } },
    ])
    await outbox.send(to('room', 'right'))
    expect(contents()).toEqual(['wrong', 'right'])
  })

  test('a waiting message that is discarded is not sent, and its promise says so', async () => {
    answer = down
    const { outbox } = clientOf({ random: () => 100 })
    const sending = outbox.send(to('room', 'hello')).catch((error: unknown) => error)
    await until(() => outbox.entries()[0]?.state === 'waiting', 'it waits after its first attempt')
    outbox.discard(outbox.entries()[0]?.client_id ?? '')
    expect(await sending).toMatchObject({ name: 'AbortError' })
    answer = stored
    await outbox.send(to('room', 'next'))
    expect(contents()).toEqual(['hello', 'next'])
  })
})

describe('the list of the outbox', () => {
  test('the list is the same array until something in it changes, and each change is told', async () => {
    const { outbox } = clientOf()
    const told: string[] = []
    outbox.on('change', entries => told.push(entries.map(({ state }) => state).join(' ')))
    expect(outbox.entries()).toBe(outbox.entries())
    const before = outbox.entries()
    await outbox.send(to('room', 'hello'))
    expect(before).toEqual([])
    expect(told).toEqual(['waiting', 'sending', ''])
  })

  test('the list keeps a sent message for an attached view until the view has it', async () => {
    const { outbox } = clientOf()
    const detach = outbox.attach()
    for (const content of ['one', 'two', 'three']) await outbox.send(to('room', content))
    expect(outbox.entries()).toMatchObject(
      ['one', 'two', 'three'].map(content => ({ state: 'sent', message: { content } })),
    )
    outbox.settle(outbox.entries()[1]?.client_id ?? '')
    expect(outbox.entries()).toMatchObject([{ message: { content: 'one' } }, { message: { content: 'three' } }])
    detach()
    expect(outbox.entries()).toEqual([])
  })

  test('the list keeps a message with something local until a view prepares it, and those behind it wait', async () => {
    const { outbox } = clientOf()
    outbox.add(to('room', 'draft'), { file: 'a picture' })
    const behind = outbox.send(to('room', 'behind'))
    await outbox.send(to('elsewhere', 'beside'))
    expect(contents()).toEqual(['beside'])
    outbox.attach(async ({ draft, local }) => ({ ...draft, content: `${draft.content} with ${JSON.stringify(local)}` }))
    await behind
    expect(contents()).toEqual(['beside', 'draft with {"file":"a picture"}', 'behind'])
  })

  test('the list has a message as failed if it cannot be prepared', async () => {
    const { outbox } = clientOf()
    outbox.attach(() => Promise.reject(new Error('too large')))
    outbox.add(to('room', 'draft'), 'a film')
    await until(() => outbox.entries()[0]?.state === 'failed', 'it has failed')
    expect(outbox.entries()).toMatchObject([{ reason: { message: 'too large' } }])
    expect(sent).toEqual([])
  })
})

describe('the outbox', () => {
  test('the outbox takes a bounded number of messages', () => {
    answer = () => new Promise(() => undefined)
    const { outbox } = clientOf()
    for (let index = 0; index < MAX_WAITING; index += 1) outbox.add(to('room', `${index}`))
    expect(() => outbox.add(to('room', 'one more'))).toThrow(`${MAX_WAITING} messages already`)
  })

  test('the outbox refuses messages while no user is signed in', () => {
    const { outbox } = clientOf({ tokens: memoryTokens() })
    expect(() => outbox.add(to('room', 'hello'))).toThrow('unauthenticated')
  })

  test('the outbox is kept by the app over a restart, and sent under the same client_id', async () => {
    const { store, kept } = shelf()
    answer = down
    const before = clientOf({ outbox: store, random: () => 100 })
    const client_id = before.outbox.add(to('room', 'hello'))
    await until(() => sent.length === 1, 'an attempt that fails')
    before.close()
    answer = stored
    clientOf({ outbox: store })
    await until(() => kept.size === 0, 'it is stored')
    expect(sent).toMatchObject([{ client_id }, { client_id }])
  })

  test('the outbox keeps the messages of a user who has signed out until they sign in again, and never sends them as another', async () => {
    const client = clientOf()
    answer = () => {
      // Her session has ended: she cannot refresh either.
      client.tokens.forget()
      return problem('unauthenticated', 401)
    }
    client.outbox.add(to('room', 'from ada'))
    await until(() => sent.length === 1, 'the attempt')
    answer = stored
    client.tokens.keep(signedIn('token-of-bob', bob))
    await client.outbox.send(to('room', 'from bob'))
    expect(client.outbox.entries()).toMatchObject([{ user_id: ADA.id }])
    client.tokens.keep(signedIn('token-2'))
    await until(() => client.outbox.entries().length === 0, 'hers is stored')
    expect(sent.slice(1)).toMatchObject([
      { content: 'from bob', token: 'token-of-bob' },
      { content: 'from ada', token: 'token-2' },
    ])
  })

  test('the outbox reports when its store fails, and loses nothing', async () => {
    let full = true
    const quota = () => {
      if (full) throw new Error('quota')
    }
    const { outbox } = clientOf({ outbox: { load: () => [], put: quota, delete: quota } })
    expect(() => outbox.add(to('room', 'never taken'))).toThrow('quota')
    expect(outbox.entries()).toEqual([])
    full = false
    const told: string[] = []
    outbox.on('sent', ({ message }) => told.push(`sent ${message.content}`))
    outbox.on('unsaved', ({ error }) => told.push(error.message))
    answer = one => {
      full = true
      return stored(one)
    }
    expect(await outbox.send(to('room', 'taken'))).toMatchObject({ content: 'taken' })
    await until(() => told.length === 2, 'both are told')
    expect(told.sort()).toEqual(['quota', 'sent taken'])
    expect(contents()).toEqual(['taken'])
  })

  test('an outbox that is closed rejects what waits, stops sending, refuses messages, and leaves the rest in its store', async () => {
    const { store, kept } = shelf()
    const client = clientOf({ outbox: store })
    const { promise, resolve } = Promise.withResolvers<void>()
    answer = () => promise.then(down)
    const sending = client.outbox.send(to('room', 'hello')).catch((error: unknown) => error)
    await until(() => sent.length === 1, 'the attempt')
    client.close()
    expect(await sending).toMatchObject({ name: 'ConnectionLost', message: 'closed' })
    expect(() => client.outbox.add(to('room', 'late'))).toThrow('closed')
    resolve()
    expect([...kept.values()]).toMatchObject([{ draft: { content: 'hello' } }])
  })

  test('the outbox waits while too many calls wait for the socket', async () => {
    const client = clientOf({ calls: 'socket' })
    const opening = client.live.open()
    const socket = await server.socket(0)
    await socket.welcome()
    await opening
    const lost = Promise.allSettled(Array.from({ length: 10_200 }, () => client.users.me()))
    const failed: unknown[] = []
    client.outbox.on('failed', ({ error }) => failed.push(error))
    const sending = client.outbox.send(to('room', 'hello'))
    socket.close(4403)
    expect(await sending).toMatchObject({ content: 'hello' })
    expect(failed).toEqual([])
    await lost
  })
})
