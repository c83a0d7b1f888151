import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { browserEnvironment, type ClientOptions, type Sign } from '../../src/sdk/index.ts'
import { until } from '../support/until.ts'
import { standIn } from './environment-stand-in.ts'
import { ROOM, event, nothing, startScripted, type ScriptedServer } from './scripted-server.ts'

let server: ScriptedServer
beforeEach(() => {
  server = startScripted(nothing)
})
afterEach(() => server[Symbol.asyncDispose]())

async function connected(options: Partial<ClientOptions> = {}) {
  const environment = standIn()
  const client = server.clientOf({ environment, ...options })
  const opening = client.live.open()
  const socket = await server.socket(0)
  // By its heartbeat alone it would notice a dead socket after two hours.
  await socket.welcome({}, { heartbeat_ms: 3_600_000 })
  await opening
  return { client, live: client.live, environment, socket }
}

/** Left alone, a client of this kind waits for most of a minute before it connects again. */
async function waiting() {
  const parts = await connected({ random: () => 100 })
  parts.socket.close(1012)
  await until(() => parts.live.status.state === 'waiting', 'it waits')
  return parts
}

describe('a connection that waits', () => {
  test.each(['online', 'wake', 'show'] as const)('a connection that waits connects at once at %s', async sign => {
    const { environment } = await waiting()
    environment.sense(sign)
    await (await server.socket(1)).welcome()
  })

  test('a connection that waits connects at once when the app says so', async () => {
    const { live } = await waiting()
    live.retry()
    await (await server.socket(1)).welcome()
  })

  test('a connection that waits connects when the clock has jumped, ahead or back', async () => {
    for (const [nth, jump] of [60_000, -60_000].entries()) {
      let ahead = 0
      const client = server.clientOf({ random: () => 100, now: () => Date.now() + ahead })
      void client.live.open()
      const socket = await server.socket(2 * nth)
      await socket.welcome()
      socket.close(1012)
      await until(() => client.live.status.state === 'waiting', 'it waits')
      ahead = jump
      await (await server.socket(2 * nth + 1)).welcome()
    }
  })
})

describe('a connection that is open', () => {
  test.each(['online', 'offline', 'wake', 'show'] as const)('a socket is probed at %s and stays', async sign => {
    const { live, environment, socket } = await connected()
    const heard = new Promise(resolve => live.on('event', resolve))
    environment.sense(sign)
    await socket.frame('ping')
    socket.send({ type: 'pong' }, event(1))
    await heard
    expect(live.status.state).toBe('up_to_date')
    environment.sense(sign)
    await socket.frame('ping', 2)
    expect(server.sockets).toHaveLength(1)
  })

  test('a socket that says nothing to a probe is replaced soon, however often it is probed', async () => {
    const { live, socket } = await connected()
    const nagging = setInterval(() => live.retry(), 100)
    const next = await server.socket(1).finally(() => clearInterval(nagging))
    await until(() => socket.closed, 'the old one is closed')
    await next.welcome()
    expect(socket.frames.filter(({ type }) => type === 'ping')).toHaveLength(1)
  })
})

describe('a page that is hidden', () => {
  test('a page that goes into the page cache closes its socket, and resumes when it is shown', async () => {
    const { live, environment, socket } = await connected()
    live.track(ROOM, 3)
    environment.sense('hide')
    expect(live.status).toEqual({ state: 'paused' })
    await until(() => socket.closed, 'it is closed')
    environment.sense('online')
    expect(live.status).toEqual({ state: 'paused' })
    environment.sense('show')
    const { resume } = await (await server.socket(1)).welcome()
    expect(resume?.positions).toMatchObject({ [ROOM]: 3 })
  })

  test('a page that is hidden while it connects or waits does not connect until it is shown', async () => {
    const { live, environment } = await waiting()
    environment.sense('hide')
    environment.sense('show')
    await server.socket(1)
    environment.sense('hide')
    await until(() => server.sockets[1]?.closed === true, 'it is closed')
    live.close()
    environment.sense('show')
    expect(live.status).toEqual({ state: 'closed', reason: null })
    expect(server.sockets).toHaveLength(2)
  })
})

describe('listeners', () => {
  test('a client that is closed listens to nothing', async () => {
    const { client, environment } = await connected()
    expect(environment.listeners).toBe(1)
    client.close()
    expect(environment.listeners).toBe(0)
  })

  test('the environment of a browser reports what its window and document say, until it is told to stop', () => {
    const page = Object.assign(new EventTarget(), { visibilityState: 'hidden' })
    const names = ['online', 'offline', 'pagehide', 'pageshow']
    const before = Object.getOwnPropertyDescriptor(globalThis, 'document')
    Object.defineProperty(globalThis, 'document', { value: page, configurable: true })
    try {
      const signs: Sign[] = []
      const stop = browserEnvironment().listen(sign => signs.push(sign))
      const all = () => {
        for (const name of names) globalThis.dispatchEvent(new Event(name))
        page.dispatchEvent(new Event('visibilitychange'))
        page.visibilityState = 'visible'
        page.dispatchEvent(new Event('visibilitychange'))
      }
      all()
      expect(signs).toEqual(['online', 'offline', 'hide', 'show', 'wake'])
      stop()
      all()
      expect(signs).toHaveLength(5)
    } finally {
      if (before) Object.defineProperty(globalThis, 'document', before)
      else Reflect.deleteProperty(globalThis, 'document')
    }
  })

  test('a platform without windows, documents and locks has an environment', () => {
    const missing = ['addEventListener', 'removeEventListener', 'navigator', 'BroadcastChannel'] as const
    const before = missing.map(name => Object.getOwnPropertyDescriptor(globalThis, name))
    for (const name of missing) Reflect.deleteProperty(globalThis, name)
    try {
      const environment = browserEnvironment()
      environment.listen(() => undefined)()
      expect([environment.online(), environment.locks, environment.channel]).toEqual([true, undefined, undefined])
    } finally {
      for (const [index, name] of missing.entries())
        Object.defineProperty(globalThis, name, before[index] ?? { configurable: true })
    }
  })
})
