import { createClient, type Client } from '../../../src/sdk/index.ts'
import type { Clock } from './clock.ts'
import type { Progress } from '../replay/progress.ts'

export const PASSWORD = 'a fine long passphrase'

export interface Person {
  nick: string
  username: string
  id: string
  client: Client
}

/** Registers one person for each nick. */
export async function registerAll(
  url: string,
  nicks: readonly string[],
  clock: Clock,
  progress: Progress,
): Promise<Person[]> {
  const people: Person[] = []
  for (const [index, nick] of nicks.entries()) {
    const client = createClient({ url, now: clock.now })
    const username = usernameOf(nick, index)
    const { user } = await client.auth.register({
      username,
      email: `${username}@example.com`,
      password: PASSWORD,
      full_name: nick,
    })
    people.push({ nick, username, id: user.id, client })
    progress.step()
  }
  return people
}

/** A nick may have characters that a username has not, and be too short for one. */
function usernameOf(nick: string, index: number): string {
  const plain = nick.toLowerCase().replaceAll(/[^a-z0-9_.-]/g, '')
  return plain === nick.toLowerCase() && plain.length >= 3 ? plain.slice(0, 32) : `${plain.slice(0, 24)}-${index + 1}`
}
