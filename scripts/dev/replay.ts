/**
 * Plays a chat log into a running server: `bun run replay --file F [--url URL | --start] [--people N] [--messages N]
 * [--rooms N]`. F is gzipped JSON lines `{at, nick, text}`. Makes one group for each day, plays the groups at the same time
 * over sockets, and compares what each person sees with the log.
 */
import { parseArgs } from 'node:util'
import { startParley } from '../bench/parley.ts'
import { bareCommits } from '../bench/bare-commits.ts'
import { readInput } from './replay/input.ts'
import { Sockets, registerAll } from './replay/people.ts'
import { Progress } from './replay/progress.ts'
import { playRoom, type Played } from './replay/room.ts'
import { verify } from './replay/verify.ts'

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:3000' },
    start: { type: 'boolean', default: false },
    file: { type: 'string' },
    people: { type: 'string' },
    messages: { type: 'string' },
    rooms: { type: 'string', default: '64' },
  },
})
if (values.file === undefined) throw new Error('--file names the chat log: gzipped JSON lines {at, nick, text}')
const whole = (text: string | undefined) => (text === undefined ? undefined : Number(text))

await using child = values.start ? await startParley({ PARLEY_HASH_CONCURRENCY: '2' }) : null
const url = child?.url ?? values.url
const input = readInput(values.file, { people: whole(values.people), messages: whole(values.messages) })
console.log(
  `${input.messages} messages by ${input.nicks.length} people on ${input.days.length} days; ` +
    `${input.left_out} lines left out (empty or longer than the API takes)`,
)

const registering = new Progress('accounts', input.nicks.length)
const accounts = await registerAll(url, input.nicks, registering)
console.log(`accounts: ${registering.seconds.toFixed(1)} s`)

const side_by_side = Math.min(Number(values.rooms), input.days.length)
const bare = bareCommits(side_by_side)
console.log(`bare group commit with ${side_by_side} senders: ${bare} rows/s`)

const sockets = new Sockets(url, accounts)
const progress = new Progress('messages', input.messages)
const cpu = child?.cpu() ?? 0
const waiting = input.days.values()
const played: Played[] = []
const worker = async () => {
  for (const day of waiting) played.push(await playRoom(day, accounts, sockets, () => progress.step()))
}
await Promise.all(Array.from({ length: side_by_side }, worker))
const { seconds } = progress
const rate = Math.round(input.messages / seconds)
console.log(`durable, acknowledged sends: ${rate}/s over ${seconds.toFixed(1)} s`)
if (child) console.log(`server CPU: ${((child.cpu() - cpu) / seconds).toFixed(2)} cores`)

const findings = await verify(url, input, accounts, played)
console.log(
  `${findings.rooms} rooms, ${findings.messages} messages: history and live readers equal the input by hash; ` +
    `${findings.unread_checked} unread counts checked; ${findings.wrong.length} disagreements`,
)
for (const wrong of findings.wrong) console.error(wrong)
process.exitCode = findings.wrong.length === 0 ? 0 : 1
await child?.[Symbol.asyncDispose]()
process.exit()
