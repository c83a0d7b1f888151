/**
 * `bun run demo [--data FILE] [--days N] [--people N] [--messages N] [--dir FOLDER] [--port N]`: a workspace to look at. Starts
 * a server, writes some days of a chat into it as if they had just passed, and says what there is to see. FILE is gzipped JSON
 * lines `{at, nick, text}`; without it a small chat is generated. In a terminal the server runs until Ctrl-C.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openSqlite } from '../../src/adapters/storage/sqlite/open.ts'
import { readConfig } from '../../src/config.ts'
import { startServer } from '../../src/server.ts'
import { appear, keepContacts, share, welcome } from './demo/acquaint.ts'
import { misspelt, mostActive, readChat } from './demo/chat.ts'
import { Clock } from './demo/clock.ts'
import { generatedChat } from './demo/generated.ts'
import { registerAll } from './demo/people.ts'
import { play, read } from './demo/play.ts'
import { openRooms, place } from './demo/rooms.ts'
import { tour } from './demo/tour.ts'
import { Progress } from './replay/progress.ts'

const ADMIN = { username: 'root', password: 'the demo admin password' }
const HOUR_MS = 60 * 60 * 1_000
const NEWCOMER = 'Newcomer'

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    days: { type: 'string', default: '5' },
    people: { type: 'string', default: '24' },
    messages: { type: 'string', default: '2000' },
    dir: { type: 'string' },
    port: { type: 'string', default: '0' },
  },
})
const selection = { days: Number(values.days), people: Number(values.people), messages: Number(values.messages) }
const lines = values.data === undefined ? generatedChat(Date.now()) : await readChat(values.data, selection, Date.now())
const nicks = [...mostActive(lines, selection.people)]

if (values.dir !== undefined) await mkdir(values.dir, { recursive: true })
const folder = values.dir ?? (await mkdtemp(join(tmpdir(), 'parley-demo-')))
const clock = new Clock()
clock.moveTo((lines[0]?.at ?? Date.now()) - HOUR_MS)
const settings = {
  PORT: values.port,
  PARLEY_DATA_DIR: folder,
  PARLEY_LOG_LEVEL: 'warn',
  PARLEY_ADMIN_USERNAME: ADMIN.username,
  PARLEY_ADMIN_PASSWORD: ADMIN.password,
  PARLEY_RATE_CALLS: '0',
  PARLEY_RATE_AUTH: '0',
}
const now = () => new Date(clock.now())
const storage = await openSqlite({ file: join(folder, 'parley.sqlite'), clock: now })
const server = await startServer(readConfig(settings), { clock: now, storage })
const { url } = server

const accounts = new Progress('people', nicks.length + 1)
const [newcomer, ...people] = await registerAll(url, [NEWCOMER, ...nicks], clock, accounts)
if (!newcomer) throw new Error('nobody was registered')
const rooms = await openRooms(people, lines, values.data === undefined ? 'Workshop' : '#ubuntu')
const said = place(lines, people, rooms)
const messages = new Progress('messages', said.length)
await play(said, rooms, clock, () => messages.step())
const invite = await welcome(newcomer, rooms, clock)
await share(newcomer, rooms)
clock.release()
const contacts = new Progress('contacts', people.length)
await keepContacts(people, () => contacts.step())
await read(rooms)
await appear(people)
const times = { first_at: said[0]?.at ?? Date.now(), last_at: said.at(-1)?.at ?? Date.now() }
const about = { ...times, messages: said.length + 2, misspelt: misspelt(lines) }
console.log(tour({ url, admin: ADMIN, people, newcomer, rooms, invite, ...about }))

if (process.stdout.isTTY) {
  console.log('Ctrl-C stops the server.')
  await new Promise<void>(resolve => process.once('SIGINT', () => resolve()))
}
for (const { client } of [newcomer, ...people]) client.close()
await server.stop()
if (values.dir === undefined) await rm(folder, { recursive: true, force: true })
process.exit(0)
