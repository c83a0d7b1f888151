import { expect, test } from 'bun:test'
import { MongoClient } from 'mongodb'
import type { NodeSetup } from '../../src/ports/nodes.ts'
import { noCluster, startCluster } from '../support/cluster.ts'
import { register, say, groupOf } from '../support/people.ts'
import { databaseUrl, dropDatabase, startTestServer, type TestServer } from '../support/server.ts'

const SLOW = 120_000
const SECRET = { PARLEY_SECRET: 'the same secret of all nodes, long enough' }
/** Settings of a process that is no node of several. */
const ALONE = { REDIS_URL: '', MEILI_URL: '', S3_ENDPOINT: '', S3_ACCESS_KEY: '', S3_SECRET_KEY: '' }

/** A database of its own, and what starts servers on it. */
function installation() {
  const database = `parley_test_${crypto.randomUUID().replaceAll('-', '')}`
  return {
    database,
    start: (settings: Record<string, string>): Promise<TestServer> =>
      startTestServer({ settings: { ...SECRET, MONGODB_URL: databaseUrl(database), ...settings } }),
    [Symbol.asyncDispose]: () => dropDatabase(database),
  }
}

const refusal = (start: Promise<TestServer>) =>
  start.then(
    () => 'started',
    (error: unknown) => String(error),
  )

if (noCluster) {
  test.skip(`starting beside other nodes: ${noCluster}`, () => undefined)
} else {
  test.concurrent(
    'a server that cannot work beside the node that runs refuses to start and names the setting; the node goes on',
    async () => {
      await using place = installation()
      await using node = await place.start({})
      const refused = await Promise.all([
        refusal(place.start({ REDIS_URL: '' })),
        refusal(place.start({ PARLEY_SECRET: 'a secret that the other nodes do not have' })),
        refusal(place.start({ MEILI_URL: '' })),
      ])
      for (const [at, name] of ['REDIS_URL', 'PARLEY_SECRET', 'MEILI_URL'].entries())
        expect(refused[at]).toContain(`ConfigError: ${name}: another process`)
      const ada = await register(node, 'ada')
      expect((await say(ada, (await groupOf(ada, [])).id, 'here')).seq).toBe(1)
    },
    SLOW,
  )

  test.concurrent(
    'beside a process without Redis none starts, and one that waits starts when that one has stopped',
    async () => {
      await using place = installation()
      const first = await place.start(ALONE)
      expect(await refusal(place.start({}))).toContain('ConfigError: REDIS_URL: another process')
      const later = place.start({})
      await first[Symbol.asyncDispose]()
      await using second = await later
      // Its index is new and the store is not: stopping may interrupt that it is built.
      second.expectComplaint('search-rebuild')
      await register(second, 'ada')
    },
    SLOW,
  )

  test.concurrent(
    'a process that died on another machine keeps none from starting for longer than its heartbeat counts',
    async () => {
      await using place = installation()
      await (await place.start(ALONE))[Symbol.asyncDispose]()
      const setup: NodeSetup = {
        secret: 'any',
        bus: false,
        shared_search: false,
        files: 'folder',
        host: 'another',
        pid: 1,
      }
      await using client = new MongoClient(databaseUrl(place.database))
      const processes = client.db(place.database).collection<{ _id: string }>('processes')
      await processes.updateOne({ _id: 'dead' }, { $set: { heartbeat: 7, setup } }, { upsert: true })
      await using server = await place.start(ALONE)
      await register(server, 'ada')
    },
    SLOW,
  )

  test.concurrent(
    'a process that was killed keeps none on its machine from starting',
    async () => {
      await using cluster = await startCluster({ count: 1, settings: ALONE })
      const node = cluster.node(0)
      await node.kill()
      await node.start()
      await register(node, 'ada')
    },
    SLOW,
  )
}
