import { LocalNetwork } from '../../src/adapters/bus/local.ts'
import { openStorage } from '../../src/adapters/open.ts'
import { readConfig } from '../../src/config.ts'
import type { Storage } from '../../src/ports/storage.ts'
import type { Overrides } from '../../src/server.ts'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { replacing } from './replacing.ts'
import { databaseUrl, dropDatabase, stack, startTestServer, type TestServer } from './server.ts'

export interface Nodes extends AsyncDisposable {
  readonly here: TestServer
  readonly there: TestServer
}

export interface NodesOptions {
  settings?: Record<string, string>
  overrides?: Overrides
  around?: (storage: Storage) => Storage
}

/**
 * Two nodes of one installation. On the full stack they share a MongoDB database and Redis; on the embedded one a store and a bus
 * in this process, which no two processes can.
 */
export async function startNodes(options: NodesOptions = {}): Promise<Nodes> {
  const settings = { PARLEY_SECRET: 'the same secret of both nodes, long enough', ...options.settings }
  const { overrides = {}, around } = options
  if (stack === 'mongo' && process.env['REDIS_URL']) {
    const database = `parley_test_${crypto.randomUUID().replaceAll('-', '')}`
    const shared = { ...options, settings: { MONGODB_URL: databaseUrl(database), ...settings } }
    const here = await startTestServer(shared)
    const there = await startTestServer(shared)
    return nodesOf(here, there, () => dropDatabase(database))
  }
  const data_dir = await mkdtemp(join(tmpdir(), 'parley-nodes-'))
  const storage = await openStorage(readConfig({ PARLEY_DATA_DIR: data_dir }))
  const network = new LocalNetwork()
  const start = async () => {
    const own = replacing(storage, { [Symbol.asyncDispose]: async () => undefined })
    const node = { ...overrides, bus: network.join(), storage: own }
    return startTestServer({
      settings: { ...settings, MONGODB_URL: '' },
      overrides: node,
      ...(around ? { around } : {}),
    })
  }
  return nodesOf(await start(), await start(), async () => {
    await storage[Symbol.asyncDispose]()
    await rm(data_dir, { recursive: true, force: true })
  })
}

function nodesOf(here: TestServer, there: TestServer, clean: () => Promise<void>): Nodes {
  return {
    here,
    there,
    async [Symbol.asyncDispose]() {
      await here[Symbol.asyncDispose]()
      await there[Symbol.asyncDispose]()
      await clean()
    },
  }
}
