import { createClient, memoryTokens, type Client } from '../../../src/sdk/index.ts'
import type { Tokens } from '../../../src/sdk/index.ts'
import type { Progress } from './progress.ts'

const PASSWORD = 'replayed from the channel'
const AT_ONCE = 4

export interface Account {
  id: string
  tokens: Tokens
}

/** Registers all people, a few at a time, each at the next server. Hashing their passwords takes most of the time. */
export async function registerAll(
  urls: readonly string[],
  nicks: readonly string[],
  progress: Progress,
): Promise<Account[]> {
  const run = crypto.randomUUID().slice(0, 6)
  const accounts: Account[] = []
  let next = 0
  const worker = async () => {
    for (let index = next++; index < nicks.length; index = next++) {
      const client = createClient({ url: urlOf(urls, index) })
      const username = `n${index}-${run}`
      const full_name =
        Array.from(nicks[index] ?? '')
          .slice(0, 100)
          .join('') || null
      await client.auth.register({ username, email: `${username}@example.com`, password: PASSWORD, full_name })
      const tokens = client.tokens.current
      if (!tokens) throw new Error('registering gave no tokens')
      accounts[index] = { id: tokens.user_id, tokens }
      progress.step()
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return accounts
}

/** The server that somebody uses. */
export function urlOf(urls: readonly string[], person: number): string {
  const url = urls[person % urls.length]
  if (url === undefined) throw new Error('no server')
  return url
}

/** The sockets of the people of the running rooms: opened for their first room, closed after their last. */
export class Sockets {
  readonly #urls: readonly string[]
  readonly #accounts: readonly Account[]
  readonly #open = new Map<number, { client: Client; uses: number; ready: Promise<unknown> }>()

  constructor(urls: readonly string[], accounts: readonly Account[]) {
    this.#urls = urls
    this.#accounts = accounts
  }

  async take(person: number): Promise<Client> {
    const known = this.#open.get(person)
    if (known) {
      known.uses += 1
      await known.ready
      return known.client
    }
    const account = this.#accounts[person]
    if (!account) throw new Error(`person ${person} has no account`)
    const tokens = memoryTokens(account.tokens)
    const client = createClient({ url: urlOf(this.#urls, person), calls: 'socket', tokens })
    client.tokens.onChange(next => {
      if (next) account.tokens = next
    })
    const ready = client.live.open()
    this.#open.set(person, { client, uses: 1, ready })
    await ready
    return client
  }

  release(person: number): void {
    const known = this.#open.get(person)
    if (!known) return
    known.uses -= 1
    if (known.uses > 0) return
    this.#open.delete(person)
    known.client.close()
  }
}
