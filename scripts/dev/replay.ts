/**
 * Plays a chat log into a running server: `bun run replay --file F [--url URL … | --start | --nodes N [--kill]] [--people N]
 * [--messages N] [--rooms N]`. F is gzipped JSON lines `{at, nick, text}`. Makes one group for each day, plays the groups at
 * the same time over sockets, and compares what each person sees with the log.
 *
 * With several URLs people are spread over the servers, and one reader at each is in every group. `--nodes N` starts N servers
 * on MONGODB_URL, REDIS_URL, S3_ENDPOINT and MEILI_URL (without it, on a stand-in); `--kill` kills the second of them (-9) when
 * half of the messages are sent, and starts it again.
 */
import { parseArgs } from 'node:util'
import { startCluster, type Cluster } from '../../tests/support/cluster.ts'
import { bareCommits } from '../bench/bare-commits.ts'
import { startParley } from '../bench/parley.ts'
import { findWords } from './replay/find.ts'
import { readInput } from './replay/input.ts'
import { Sockets, registerAll, urlOf } from './replay/people.ts'
import { Progress } from './replay/progress.ts'
import { Reader } from './replay/reader.ts'
import { playRoom, type Played } from './replay/room.ts'
import { verify } from './replay/verify.ts'

const { values } = parseArgs({
  options: {
    url: { type: 'string', multiple: true, default: ['http://127.0.0.1:3000'] },
    start: { type: 'boolean', default: false },
    nodes: { type: 'string' },
    kill: { type: 'boolean', default: false },
    file: { type: 'string' },
    people: { type: 'string' },
    messages: { type: 'string' },
    rooms: { type: 'string', default: '64' },
  },
})
if (values.file === undefined) throw new Error('--file names the chat log: gzipped JSON lines {at, nick, text}')
if (values.kill && values.nodes === undefined) throw new Error('--kill needs --nodes')
const whole = (text: string | undefined) => (text === undefined ? undefined : Number(text))

await using child = values.start ? await startParley({ PARLEY_HASH_CONCURRENCY: '2' }) : null
await using cluster = values.nodes === undefined ? null : await startCluster({ count: Number(values.nodes) })
const urls = cluster?.nodes.map(({ url }) => url) ?? (child ? [child.url] : values.url)
const input = readInput(values.file, { people: whole(values.people), messages: whole(values.messages) })
console.log(
  `${input.messages} messages by ${input.nicks.length} people on ${input.days.length} days; ` +
    `${input.left_out} lines left out (empty or longer than the API takes)`,
)

const registering = new Progress('accounts', input.nicks.length)
const accounts = await registerAll(urls, input.nicks, registering)
console.log(`accounts: ${registering.seconds.toFixed(1)} s`)
const readerNames = urls.length > 1 ? urls.map((_, index) => `reader ${index}`) : []
const readerAccounts = await registerAll(urls, readerNames, new Progress('readers', readerNames.length))
const readers = readerAccounts.map((account, index) => new Reader(urlOf(urls, index), account))
await Promise.all(readers.map(reader => reader.client.live.open()))

const side_by_side = Math.min(Number(values.rooms), input.days.length)
const bare = bareCommits(side_by_side)
console.log(`bare group commit with ${side_by_side} senders: ${bare} rows/s`)

const sockets = new Sockets(urls, accounts)
const progress = new Progress('messages', input.messages)
const cpu = child?.cpu() ?? 0
const waiting = input.days.values()
const played: Played[] = []
let sent = 0
const killing: Promise<void>[] = []
const step = () => {
  progress.step()
  sent += 1
  if (cluster && values.kill && sent === Math.floor(input.messages / 2)) killing.push(killOne(cluster))
}
const reader_ids = readerAccounts.map(({ id }) => id)
const worker = async () => {
  for (const day of waiting) played.push(await playRoom(day, accounts, sockets, reader_ids, step))
}
await Promise.all(Array.from({ length: side_by_side }, worker))
await Promise.all(killing)
const { seconds } = progress
const rate = Math.round(input.messages / seconds)
console.log(`durable, acknowledged sends: ${rate}/s over ${seconds.toFixed(1)} s`)
if (child) console.log(`server CPU: ${((child.cpu() - cpu) / seconds).toFixed(2)} cores`)

for (const reader of readers) {
  await reader.complete(played)
  console.log(`reader of ${reader.url}: resumed ${reader.resumed} times, ${reader.resyncs} rooms not replayed`)
}
const findings = await verify(urls, input, accounts, played, readers)
console.log(
  `${findings.rooms} rooms, ${findings.messages} messages: history, live members and ${readers.length} readers compared with ` +
    `the input by hash; ${findings.unread_checked} unread counts checked; ${findings.wrong.length} disagreements`,
)
const [reader] = readers
if (reader) {
  const { words, lost } = await findWords(reader.client, played)
  console.log(`search: ${words - lost.length} of ${words} words that occur once are found in their message`)
  findings.wrong.push(...lost.map(word => `the search does not find ${word}`))
}
for (const wrong of findings.wrong) console.error(wrong)
process.exitCode = findings.wrong.length === 0 ? 0 : 1
for (const each of readers) each[Symbol.dispose]()
await cluster?.[Symbol.asyncDispose]()
await child?.[Symbol.asyncDispose]()
process.exit()

async function killOne(nodes: Cluster): Promise<void> {
  const start = performance.now()
  const node = nodes.node(1)
  await node.kill()
  console.log(`${node.url} is killed after ${sent} messages`)
  await node.start()
  console.log(`${node.url} runs again after ${((performance.now() - start) / 1_000).toFixed(1)} s`)
}
