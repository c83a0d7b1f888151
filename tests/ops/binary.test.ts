import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '../../src/sdk/index.ts'
import { end, ROOT, run } from '../docs/checkout.ts'
import { until } from '../support/until.ts'

let folder: string
let binary: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-binary-'))
  binary = join(folder, 'parley')
  await run([process.execPath, 'scripts/ops/binary.ts', binary])
}, 120_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

test('the executable serves in an empty folder, with search and the API reference, and stops at SIGTERM', async () => {
  const env = { PORT: '0', PARLEY_ADMIN_PASSWORD: 'a long admin password', PARLEY_LOG_LEVEL: 'warn' }
  const child = Bun.spawn([binary], { cwd: folder, env, stdout: 'pipe', stderr: 'pipe' })
  const errors = new Response(child.stderr).text()
  try {
    const url = await urlOf(child.stdout)
    const client = createClient({ url })
    await client.auth.register({ username: 'ada', email: 'ada@example.com', password: 'a fine long passphrase' })
    const room = await client.conversations.create({ type: 'group', name: 'Notes', participant_ids: [] })
    const sent = await client.messages.send({ conversation_id: room.id, content: 'Kept until it is stored' })
    const { data } = await client.messages.list({ conversation_id: room.id })
    expect(data.find(({ id }) => id === sent.id)?.content).toBe('Kept until it is stored')
    const finds = async () => (await client.search.messages({ q: 'stored' })).data.length === 1
    await until(finds, 'the message is found')
    const script = await fetch(`${url}/docs/assets/reference.js`)
    expect([script.status, (await script.text()).length > 1_000_000]).toEqual([200, true])
    expect((await fetch(`${url}/docs`)).status).toBe(200)
  } finally {
    child.kill('SIGTERM')
  }
  expect([await child.exited, await errors]).toEqual([0, ''])
  expect(await end([binary, 'migrate'], folder)).toMatchObject({ code: 0, output: expect.stringContaining('already') })
}, 60_000)

test('the executable knows its version and refuses an unknown command', async () => {
  const { version } = (await Bun.file(join(ROOT, 'package.json')).json()) as { version: string }
  expect(await end([binary, '--version'], folder)).toEqual({ code: 0, output: `${version}\n`, errors: '' })
  expect(await end([binary, 'nonsense'], folder)).toMatchObject({ code: 2, output: '' })
})

async function urlOf(output: ReadableStream<Uint8Array>): Promise<string> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of output) {
    text += decoder.decode(chunk, { stream: true })
    const [url] = /http:\/\/[\w.]+:\d+/.exec(text) ?? []
    if (url !== undefined) return url
  }
  throw new Error(`the executable did not start: ${text}`)
}
