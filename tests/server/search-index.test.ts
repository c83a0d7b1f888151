import { expect, test } from 'bun:test'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { groupOf, refused, register, say, type Person } from '../support/people.ts'
import { startMeiliStandIn } from '../support/meili-stand-in.ts'
import { startTestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

async function contents({ client }: Person, q: string): Promise<(string | null)[]> {
  const page = await client.search.messages({ q, sort: 'recent', limit: 100 }).catch(() => null)
  return page?.data.map(({ message }) => message.content) ?? []
}

async function finds(person: Person, q: string, expected: readonly string[]): Promise<void> {
  let last: (string | null)[] = []
  await until(
    async () => Bun.deepEquals((last = await contents(person, q)), expected),
    `hits of ${q}`,
    () => last.join(' | '),
  )
}

/** Ada and a group of hers, on a server that searches by Meilisearch. */
async function openScene() {
  const meili = startMeiliStandIn()
  const settings = { MEILI_URL: meili.url, MEILI_MASTER_KEY: meili.key, MEILI_INDEX: 'parley' }
  const server = await startTestServer({ settings })
  server.expectComplaint('search')
  const ada = await register(server, 'ada')
  return {
    meili,
    ada,
    url: server.url,
    room: await groupOf(ada, []),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await meili[Symbol.asyncDispose]()
    },
  }
}

test('while Meilisearch is away sends go on and searches are 503, and afterwards everything is found', async () => {
  await using scene = await openScene()
  const { meili, ada, room } = scene
  await say(ada, room.id, 'outage one')
  await finds(ada, 'outage', ['outage one'])
  meili.refuse()
  await say(ada, room.id, 'outage two')
  const { id: message_id } = await say(ada, room.id, 'outage three')
  await ada.client.messages.update({ message_id, content: 'outage edited' })
  const problem = await refused(ada.client.search.messages({ q: 'outage' }), 'unavailable')
  expect(problem.retry_after).toBeGreaterThan(0)
  const ready = await fetch(`${scene.url}/health/ready`)
  expect(ready.status).toBe(200)
  expect(await ready.json()).toMatchObject({ dependencies: { search: { status: 'unavailable' } } })
  meili.answer()
  await finds(ada, 'outage', ['outage edited', 'outage two', 'outage one'])
})

test('an index that Meilisearch has lost is built anew from storage while the server runs', async () => {
  await using scene = await openScene()
  const { meili, ada, room } = scene
  await say(ada, room.id, 'lost one')
  const { id: message_id } = await say(ada, room.id, 'lost two')
  await finds(ada, 'lost', ['lost two', 'lost one'])
  meili.reset()
  await ada.client.messages.delete({ message_id })
  await say(ada, room.id, 'lost three')
  await finds(ada, 'lost', ['lost three', 'lost one'])
})

test('an embedded index that was removed while the server was stopped is built anew', async () => {
  const data_dir = await mkdtemp(join(tmpdir(), 'parley-search-'))
  {
    await using server = await startTestServer({ settings: { PARLEY_DATA_DIR: data_dir, MEILI_URL: '' } })
    server.expectComplaint('search')
    const ada = await register(server, 'ada')
    const room = await groupOf(ada, [])
    await say(ada, room.id, 'kept one')
    const { id: message_id } = await say(ada, room.id, 'kept two')
    await finds(ada, 'kept', ['kept two', 'kept one'])
    await server.running.stop()
    expect((await readdir(data_dir)).includes('search')).toBe(true)
    await rm(join(data_dir, 'search'), { recursive: true })
    await server.restart()
    await finds(ada, 'kept', ['kept two', 'kept one'])
    await ada.client.messages.delete({ message_id })
    await finds(ada, 'kept', ['kept one'])
  }
  await rm(data_dir, { recursive: true, force: true })
})
