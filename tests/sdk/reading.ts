import { createClient, memoryTokens, type Client } from '../../src/sdk/index.ts'
import { Store } from '../../src/sdk/store/index.ts'
import type { Person } from '../support/people.ts'
import { SlowNetwork } from './slow-network.ts'

export interface Reading extends AsyncDisposable {
  readonly client: Client
  readonly store: Store
  readonly network: SlowNetwork
}

/** An open store of somebody, on a network that a test can slow down. */
export async function reading(person: Person, url: string): Promise<Reading> {
  const network = new SlowNetwork()
  const tokens = memoryTokens(person.client.tokens.current)
  const client = createClient({ url, tokens, fetch: network.fetch, random: () => 0 })
  const store = new Store(client, { random: () => 0 })
  await store.open()
  return {
    client,
    store,
    network,
    async [Symbol.asyncDispose]() {
      store.close()
      client.close()
    },
  }
}
