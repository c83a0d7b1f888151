import { afterAll, expect, test } from 'bun:test'
import { openBus } from '../../src/adapters/open.ts'
import { runCommand } from '../../src/cli/index.ts'
import { readConfig } from '../../src/config.ts'
import { openLogger } from '../../src/logger.ts'
import { ALL_NODES } from '../../src/ports/bus.ts'
import { createClient } from '../../src/sdk/index.ts'
import { startServer } from '../../src/server.ts'
import { noCluster } from '../support/cluster.ts'
import { newInstallation } from '../support/installation.ts'
import { shared } from '../support/shared.ts'
import { openSocket } from '../support/socket.ts'
import { until } from '../support/until.ts'

const SECRET = 'a secret for all nodes of this installation'
const NOBODY = 'redis://127.0.0.1:9'

if (noCluster) {
  test.skip(`admin reset beside running nodes: ${noCluster}`, () => undefined)
} else {
  const scene = shared(async () => {
    await using opened = new AsyncDisposableStack()
    const installation = opened.use(await newInstallation())
    const REDIS_URL = process.env['REDIS_URL'] ?? ''
    const settings = { ...installation.settings, REDIS_URL, PORT: '0', PARLEY_SECRET: SECRET }
    const config = readConfig(settings)
    const server = opened.use(await startServer(config, { logger: openLogger('silent') }))
    const kept = opened.move()
    return { settings, config, server, [Symbol.asyncDispose]: () => kept.disposeAsync() }
  })
  afterAll(() => scene()[Symbol.asyncDispose]())

  /** Creates an ADMIN who opens a socket. */
  async function begin(username: string) {
    const { server } = scene()
    const { session_id, access_token } = await createClient({ url: server.url }).auth.login({
      username,
      password: await admin('create', username),
    })
    return { session_id, socket: await openSocket(server.url, { token: access_token }) }
  }

  async function admin(action: string, username: string, settings = {}): Promise<string> {
    const lines = await said(action, username, settings)
    return /: (\S+)$/.exec(lines[0] ?? '')?.[1] ?? ''
  }

  async function said(action: string, username: string, settings = {}): Promise<string[]> {
    const lines: string[] = []
    const environment = { ...scene().settings, ...settings }
    const say = (...more: string[]) => void lines.push(...more)
    expect(await runCommand(['admin', action, username], { environment, say })).toBe(0)
    return lines
  }

  test('admin reset tells the nodes by the bus which sessions have ended, and their sockets are closed', async () => {
    const { config, server } = scene()
    const { session_id, socket } = await begin('ada')
    await using node = await openBus(config, { secret: SECRET, namespace: server.storage.epoch, log: () => undefined })
    const told: string[] = []
    node.onNote(note => {
      if (note.kind === 'sessions_ended') told.push(...note.session_ids)
    })
    node.subscribe(ALL_NODES)
    expect(await said('reset', 'ada')).toEqual([expect.stringMatching(/^Password of ada/)])
    await until(() => told.length > 0, 'the note')
    expect(told).toEqual([session_id])
    expect(await socket.closed()).toBe(4401)
  })

  test('admin reset succeeds while Redis is away, and says when the sockets are closed', async () => {
    const { socket } = await begin('grace')
    const lines = await said('reset', 'grace', { REDIS_URL: NOBODY })
    expect(lines).toEqual([
      expect.stringMatching(/^Password of grace/),
      expect.stringMatching(/^Its sockets are closed within six seconds: Redis does not answer/),
    ])
    expect(await socket.closed()).toBe(4401)
  })

  test('admin reset without the secret of the nodes says that they could not be told', async () => {
    const { socket } = await begin('hopper')
    const [, warning] = await said('reset', 'hopper', { PARLEY_SECRET: '' })
    expect(warning).toContain('the signing secret is neither PARLEY_SECRET nor in ')
    expect(await socket.closed()).toBe(4401)
  })
}
