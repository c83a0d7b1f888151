import { expect } from 'bun:test'
import type { Message } from '../../../contracts/entities.ts'
import { createClient, memoryTokens } from '../../../src/sdk/index.ts'
import { expectAgreement, observer, type Observer } from '../../support/observer.ts'
import type { Outage } from '../../support/outages.ts'
import { groupOf, say, type Person } from '../../support/people.ts'
import { jsonOf, type Reply } from '../../support/probe.ts'
import { openSocket } from '../../support/socket.ts'
import { TUS } from '../../support/tus.ts'
import type { TestServer } from '../../support/server.ts'
import type { TcpProxy } from '../../support/tcp-proxy.ts'
import { until } from '../../support/until.ts'
import { subscribe } from '../../support/web-push.ts'
import { useEverything, type Scene, type Stage } from './stage.ts'

const FAR_FUTURE = '9999-01-01T00:00:00.000Z'

/** One dependency that the store is not: what a server does while it is away, and afterwards. */
export interface Cell {
  /** While nothing is away. */
  prepare(): Promise<void>
  /** While the dependency is away. */
  during(): Promise<void>
  /** The same process, after it came back. */
  after(): Promise<void>
}

/** Runs a cell: everything that needs only the store goes on. */
export async function runCell(proxy: TcpProxy, outage: Outage, scene: Scene, cell: Cell): Promise<void> {
  const { probe } = scene
  const usual = await useEverything(scene)
  probe.usual_ms = Math.max(...usual.map(({ ms }) => ms))
  await cell.prepare()
  await proxy.fail(outage)
  try {
    const [replies] = await Promise.all([useEverything(scene), cell.during()])
    for (const { status } of replies) expect(status).toBeLessThan(300)
    expect((await probe.call(null, 'GET', '/health/live')).status).toBe(200)
  } finally {
    await proxy.heal()
  }
  await cell.after()
}

/** Searches are refused, sends go on, and the index catches up. */
export function meiliCell({ probe, ada, room }: Scene): Cell {
  const word = `q${crypto.randomUUID().replaceAll('-', '')}`
  const path = `/search/messages?q=${word}&sort=recent&limit=100`
  const sent: string[] = []
  const send = async (content: string) => {
    const reply = await probe.call(ada, 'POST', `/conversations/${room}/messages`, { content: `${word} ${content}` })
    expect(reply.status).toBe(201)
    sent.push((jsonOf(reply) as Message).id)
  }
  const finds = () =>
    until(async () => {
      const reply = await probe.call(ada, 'GET', path)
      if (reply.status === 503) return false
      const { data } = jsonOf(reply) as { data: { message: Message }[] }
      return Bun.deepEquals(data.map(({ message }) => message.id).toSorted(), sent.toSorted())
    }, 'the index has everything')
  return {
    async prepare() {
      await send('before')
      await finds()
    },
    async during() {
      const [found] = await Promise.all([probe.call(ada, 'GET', path), send('one'), send('two'), send('three')])
      expect(found.status).toBe(503)
      expect((await probe.call(ada, 'GET', path)).status).toBe(503)
    },
    after: finds,
  }
}

/** Uploads and downloads are refused or break off, messages go on, and no upload that was acknowledged is without its bytes. */
export function minioCell({ server }: Stage, { probe, ada, room }: Scene): Cell {
  const kept = new Map<string, string>()
  let resumed = ''
  const upload = async (content: string): Promise<Reply> => {
    const form = new FormData()
    form.set('file', new Blob([content]), 'note.txt')
    const reply = await probe.call(ada, 'POST', '/upload', form)
    if (reply.status === 201) kept.set((jsonOf(reply) as { id: string }).id, content)
    return reply
  }
  const tus = (method: string, path: string, headers: Record<string, string>, body?: string) =>
    probe.send(method, path, new Headers({ ...TUS, authorization: `Bearer ${ada.access_token}`, ...headers }), body)
  const append = () =>
    tus('PATCH', resumed, { 'content-type': 'application/offset+octet-stream', 'upload-offset': '0' }, 'tides')
  const reads = async ([file_id, content]: [string, string]) => {
    const { status, body } = await probe.call(ada, 'GET', `/files/${file_id}?download=1`)
    // Status 0: the bytes have broken off, and the caller knows it.
    if (status === 200) expect(new TextDecoder().decode(body)).toBe(content)
    return status
  }
  return {
    async prepare() {
      await until(async () => (await upload('before')).status === 201, 'an upload is stored')
      const created = await fetch(`${server.url}/uploads`, {
        method: 'POST',
        headers: { ...TUS, authorization: `Bearer ${ada.access_token}`, 'upload-length': '5' },
      })
      resumed = new URL(created.headers.get('location') ?? '', server.url).pathname
    },
    async during() {
      const [file] = [...kept]
      if (!file) throw new Error('a file is kept')
      const attach = { content: 'see', attachments: [{ file_id: file[0] }] }
      const [message, ...others] = await Promise.all([
        probe.call(ada, 'POST', `/conversations/${room}/messages`, attach),
        upload('one').then(({ status }) => status),
        upload('two').then(({ status }) => status),
        append().then(({ status }) => status),
        probe.call(null, 'GET', '/health/ready').then(({ status }) => status),
      ])
      expect(message.status).toBe(201)
      expect(others).toEqual([503, 503, 503, 503])
      expect([0, 503]).toContain(await reads(file))
    },
    async after() {
      await until(async () => (await upload('after')).status === 201, 'an upload is stored')
      await until(async () => (await append()).status === 204, 'the upload goes on')
      for (const file of kept) await until(async () => (await reads(file)) === 200, 'the bytes are read')
      await until(async () => (await probe.call(null, 'GET', '/health/ready')).status === 200, 'the server is ready')
    },
  }
}

/** Sends wait for no push, and what is queued arrives. */
export function pushCell({ proxies, web, server }: Stage, { probe, ada, bob }: Scene, outage: Outage): Cell {
  const { jobs } = server.running.storage
  const browser = subscribe(`http://127.0.0.1:${proxies.push.port}/${crypto.randomUUID()}`)
  const register = () =>
    probe.call(bob, 'POST', '/notifications/register-device', { platform: 'web', subscription: browser.subscription })
  let conversation_id = ''
  const send = async (content: string) => {
    const reply = await probe.call(ada, 'POST', `/conversations/${conversation_id}/messages`, { content })
    expect(reply.status).toBe(201)
    return (jsonOf(reply) as Message).id
  }
  const arrives = (message_id: string) =>
    until(() => web.payloads(browser).some(push => push['message_id'] === message_id), 'the push arrives')
  let last = ''
  return {
    async prepare() {
      conversation_id = (await groupOf(ada, [bob])).id
      await register()
      await arrives(await send('before'))
    },
    async during() {
      const before = proxies.push.requests
      await Promise.all([register(), send('one')])
      const queued = async () => (await jobs.state('push', FAR_FUTURE)).due > 0
      // Who refuses connections does not see that it is asked.
      await until(outage === 'refused' ? queued : () => proxies.push.requests > before, 'the push is tried')
      last = await send('last')
    },
    async after() {
      await arrives(last)
      const seqs = web.payloads(browser).map(push => Number(push['seq']))
      // What may have been delivered comes again, and nothing comes after a later one.
      expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
    },
  }
}

/** Everything goes on, nodes follow each other by the store, and afterwards presence and typing cross them again. */
export function redisCell({ server }: Stage, { probe, ada, bob, room }: Scene, there: TestServer): Cell {
  const stack = new AsyncDisposableStack()
  const away = { ada: at(there, ada), bob: at(there, bob) }
  const watching: Observer[] = []
  const send = async (content: string) => {
    const reply = await probe.call(ada, 'POST', `/conversations/${room}/messages`, { content })
    expect(reply.status).toBe(201)
  }
  return {
    async prepare() {
      watching.push(stack.use(await observer(server, bob)), stack.use(await observer(there, away.bob)))
    },
    async during() {
      await Promise.all([
        send('from here'),
        say(away.ada, room, 'from there'),
        probe.call(ada, 'PUT', `/users/${ada.id}/status`, { text: 'on the line' }),
        probe.call(ada, 'GET', '/search/messages?q=line'),
      ])
      await send('again')
      await expectAgreement(watching, room)
    },
    async after() {
      await using all = stack.move()
      const [here, other] = watching
      if (!here || !other) throw new Error('two observers watch')
      using socket = await openSocket(there.url, { token: away.ada.access_token })
      const isShown = async () => {
        const { body } = await probe.call(bob, 'GET', `/presence?ids=${ada.id}`)
        return new TextDecoder().decode(body).includes('"presence":"online"')
      }
      await until(isShown, 'presence crosses the nodes')
      let typing = false
      here.client.live.on('event', ({ event }) => (typing ||= event === 'typing.started'))
      await until(async () => {
        await away.ada.client.typing.start({ conversation_id: room })
        return typing
      }, 'typing crosses the nodes')
      await send('after')
      await expectAgreement(watching, room)
      expect(socket.code).toBeNull()
      for (const { events } of watching) expectOnce(events, room)
      void all
    },
  }
}

/** No change of the conversation comes twice or out of order, and none is missing between the first and the last. */
function expectOnce(events: Observer['events'], id: string): void {
  const changes = events.flatMap(({ stream, change }) => (stream === id && change !== undefined ? [change] : []))
  expect(changes).toEqual(changes.map((_, index) => (changes[0] ?? 0) + index))
}

/** The same person with a client of another node. */
function at(server: TestServer, person: Person): Person {
  const client = createClient({ url: server.url, tokens: memoryTokens(person.client.tokens.current) })
  return { ...person, client }
}
