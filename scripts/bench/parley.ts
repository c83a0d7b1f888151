import { join } from 'node:path'
import { createClient, type Client } from '../../src/sdk/index.ts'
import { startChild, type Child } from './child.ts'

export interface Account {
  client: Client
  id: string
  token: string
  name: string
}

export const PASSWORD = 'a fine long passphrase'
const AT_ONCE = 4
/** How often a server is asked whether its followers are done, and how long at most. */
const ASK_MS = 250
const PATIENCE_MS = 300_000

export function startParley(settings: Record<string, string> = {}): Promise<Child> {
  return startChild(join(import.meta.dir, '../../src/main.ts'), {
    PARLEY_RATE_CALLS: '0',
    PARLEY_RATE_AUTH: '0',
    PARLEY_LOG_LEVEL: 'warn',
    ...settings,
  })
}

export async function register(url: string, count: number): Promise<Account[]> {
  const accounts: Account[] = []
  const one = async (index: number) => {
    const client = createClient({ url })
    const name = `bench-${index}-${crypto.randomUUID().slice(0, 6)}`
    const { user, access_token } = await client.auth.register({
      username: name,
      email: `${name}@example.com`,
      password: PASSWORD,
    })
    accounts[index] = { client, id: user.id, token: access_token, name }
  }
  for (let index = 0; index < count; index += AT_ONCE)
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - index) }, (_, each) => one(index + each)))
  return accounts
}

export async function makeRoom([owner, ...others]: readonly Account[]): Promise<string> {
  if (!owner) throw new Error('a room needs an owner')
  const room = await owner.client.conversations.create({
    type: 'group',
    name: 'bench',
    participant_ids: others.map(({ id }) => id),
  })
  return room.id
}

/** Waits until the followers have handled what was sent, so that their work is not part of what is measured next. */
export async function followersIdle({ url }: Pick<Child, 'url'>): Promise<void> {
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end;) {
    const metrics = await (await fetch(`${url}/metrics`)).text()
    const lags = [...metrics.matchAll(/^parley_follower_lag_streams\{.*\} (\d+)$/gm)].map(([, lag]) => Number(lag))
    if (lags.length > 0 && lags.every(lag => lag === 0)) return
    await Bun.sleep(ASK_MS)
  }
  throw new Error('the followers do not catch up')
}
