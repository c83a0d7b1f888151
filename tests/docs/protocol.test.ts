import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PASSWORD, groupOf, register, say } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'
import { ROOT } from './checkout.ts'

const server = sharedServer()
const page = await Bun.file(join(ROOT, 'docs/protocol.md')).text()

test('the client in protocol.md misses and repeats nothing, also over a broken connection', async () => {
  const program = /## A whole client[\s\S]*?```js\n([\s\S]*?)```/.exec(page)?.[1] ?? ''
  const folder = await mkdtemp(join(tmpdir(), 'parley-protocol-'))
  // It renews a token a minute before it expires; here a second after it was given.
  expect(program).toContain('tokens.expires_in - 60)')
  await Bun.write(join(folder, 'listen.js'), program.replace('tokens.expires_in - 60)', '1)'))
  const { hostname, port } = new URL(server.url)
  await using proxy = await openTcpProxy({ host: hostname, port: Number(port) })
  let renewals = 0
  proxy.cutAfter(request => {
    if (request.toString('latin1').startsWith('POST /auth/refresh-token')) renewals += 1
    return false
  })
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  const { id: room } = await groupOf(bob, [ada])
  await say(bob, room, 'before')

  const url = `http://127.0.0.1:${proxy.port}`
  const child = Bun.spawn([process.execPath, 'listen.js', url, ada.name, PASSWORD], {
    cwd: folder,
    stdout: 'pipe',
  })
  const lines: string[] = []
  void (async () => {
    let text = ''
    for await (const bytes of child.stdout) {
      text += new TextDecoder().decode(bytes)
      lines.splice(0, lines.length, ...text.split('\n').slice(0, -1))
    }
  })()
  const times = (line: string) => lines.filter(each => each === line).length
  try {
    await until(() => times('up to date') === 1, 'the client is up to date')
    await say(bob, room, 'live')
    await until(() => times('live') === 1, 'a live message')

    proxy.refuse()
    await say(bob, room, 'missed')
    const { id: second } = await groupOf(bob, [ada])
    await say(bob, second, 'missed in a new room')
    proxy.allow()
    await until(() => times('missed in a new room') === 1, 'what was missed comes after the reconnect')
    await say(bob, second, 'live in a new room')
    await until(() => times('live in a new room') === 1, 'a live message of the new room')

    const before = renewals
    await until(() => renewals > before + 1, 'its token was renewed twice on the new socket')
    await say(bob, second, 'after renewals')
    await until(() => times('after renewals') === 1, 'a message after the renewals')

    // What happened is printed once each, in the order of its stream.
    expect(lines.filter(line => line !== 'up to date')).toEqual(
      expect.arrayContaining(['live', 'missed', 'missed in a new room', 'live in a new room', 'after renewals']),
    )
    expect(lines.filter(line => line !== 'up to date')).toHaveLength(5)
  } finally {
    child.kill()
    await child.exited
    await rm(folder, { recursive: true })
  }
})
