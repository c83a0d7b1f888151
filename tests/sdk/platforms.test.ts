import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { builtClient } from '../support/client-package.ts'
import { register, groupOf } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'

const NODE = Bun.which('node')

const server = sharedServer()
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-client-'))
  await symlink(await builtClient(), join(folder, 'parley-client'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Runs a module under the machine's Node, with the built client beside it. */
async function node(script: string, flags: string[], input: object): Promise<unknown> {
  const file = join(folder, `${crypto.randomUUID()}.mjs`)
  await Bun.write(file, script)
  const child = Bun.spawn([NODE ?? 'node', ...flags, file, JSON.stringify(input)], { stdout: 'pipe', stderr: 'pipe' })
  const [text, errors] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  const complaints = errors
    .split('\n')
    .filter(line => line !== '' && !/ExperimentalWarning|--trace-warnings/.test(line))
  expect(complaints).toEqual([])
  return JSON.parse(text)
}

test('the built client uses nothing that only Bun or Node has', async () => {
  const text = await Bun.file(join(folder, 'parley-client/index.js')).text()
  expect(text).not.toMatch(/\bBun\.|from\s*["'](?!\.\/)|require\(|["']node:|process\./)
  // Younger than Node 20.
  expect(text).not.toMatch(/Promise\.withResolvers|Promise\.try|Object\.groupBy|Map\.groupBy/)
})

test.skipIf(NODE === null)('two people talk under Node, live and by calls over the socket', async () => {
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  const { id: room } = await groupOf(ada, [bob])
  const script = `
    import { createClient, memoryTokens } from './parley-client/index.js'
    import { Store } from './parley-client/store.js'
    const { url, room, ada, bob } = JSON.parse(process.argv[2])
    const clientOf = tokens => createClient({ url, calls: 'socket', tokens: memoryTokens(tokens) })
    const [writer, reader] = [clientOf(ada), clientOf(bob)]
    const store = new Store(reader)
    await Promise.all([writer.live.open(), store.open()])
    const heard = new Promise(resolve => store.on('change', ({ conversation }) => {
      if (conversation?.last_seq === 2) resolve(conversation)
    }))
    const { status } = await writer.request('messages.send', { conversation_id: room, content: 'from node' })
    await writer.outbox.send({ conversation_id: room, content: 'by the outbox' })
    const { last_message, me } = await heard
    console.log(JSON.stringify({ status, text: last_message.content, unread: me.unread_count }))
    store.close()
    writer.close()
    reader.close()
  `
  const input = { url: server.url, room, ada: ada.client.tokens.current, bob: bob.client.tokens.current }
  // Node 22 has it without the flag, and takes the flag.
  expect(await node(script, ['--experimental-websocket'], input)).toEqual({
    status: 201,
    text: 'by the outbox',
    unread: 2,
  })
})

test.skipIf(NODE === null)('calls need no WebSocket; the live connection says what it lacks', async () => {
  const ada = await register(server, 'ada')
  const script = `
    import { createClient, memoryTokens } from './parley-client/index.js'
    delete globalThis.WebSocket
    const { url, tokens } = JSON.parse(process.argv[2])
    const client = createClient({ url, tokens: memoryTokens(tokens) })
    const { id } = await client.users.me()
    const error = await client.live.open().catch(error => error)
    console.log(JSON.stringify({ id, error: error.message, state: client.live.status.state }))
  `
  expect(await node(script, [], { url: server.url, tokens: ada.client.tokens.current })).toEqual({
    id: ada.id,
    error: 'this platform has no WebSocket: give its constructor as an option',
    state: 'closed',
  })
})
