import { join } from 'node:path'
import { startChild, type Child } from './child.ts'
import { followersIdle, makeRoom, register, startParley } from './parley.ts'
import { compare, type Figures, type Verdict } from './rounds.ts'

const MESSAGES = 5_000
const SECONDS = 3
const CONNECTIONS = 32

/** Requests that the server answers per second of its CPU, sent by wrk (Debian package `wrk`). */
async function ask(child: Child, path: string, token: string): Promise<Figures> {
  const cpu = child.cpu()
  const command = [
    'wrk',
    '-t1',
    `-c${CONNECTIONS}`,
    `-d${SECONDS}`,
    '-H',
    `Authorization: Bearer ${token}`,
    `${child.url}${path}`,
  ]
  const output = await new Response(Bun.spawn(command).stdout).text()
  const used = child.cpu() - cpu
  const requests = Number(/(\d+) requests in/.exec(output)?.[1] ?? 0)
  if (/Non-2xx/.test(output) || requests === 0) throw new Error(`wrk: ${output}`)
  return { 'requests/CPU-s': requests / used, 'requests/s': requests / SECONDS, 'server cores': used / SECONDS }
}

/** A history page of 50 and one message, against a bare Bun.serve with the same read. */
export async function reads(rounds: number): Promise<Verdict[]> {
  if (!Bun.which('wrk')) throw new Error('this needs wrk: apt-get install wrk')
  await using parley = await startParley()
  await using bare = await startChild(join(import.meta.dir, 'bare/reads.ts'))
  const accounts = await register(parley.url, 2)
  const [ada] = accounts
  if (!ada) throw new Error('no user was registered')
  const room = await makeRoom(accounts)
  const sends = Array.from({ length: MESSAGES }, () =>
    ada.client.messages.send({ conversation_id: room, content: 'x'.repeat(120) }),
  )
  const [message] = await Promise.all(sends)
  await followersIdle(parley)
  const where = (await (await fetch(`${bare.url}/where`)).json()) as { room: string; message: string }
  const pairs = [
    [
      'history page of 50',
      `/conversations/${room}/messages?limit=50`,
      `/conversations/${where.room}/messages?limit=50`,
      0.8,
    ],
    ['REST call, one message', `/messages/${message?.id}`, `/messages/${where.message}`, 0.7],
  ] as const
  const verdicts: Verdict[] = []
  for (const [name, ours, theirs, goal] of pairs)
    verdicts.push(
      await compare(
        {
          name,
          unit: 'requests/CPU-s',
          goal,
          better: 'higher',
          ours: () => ask(parley, ours, ada.token),
          bare: () => ask(bare, theirs, ada.token),
        },
        rounds,
      ),
    )
  return verdicts
}
