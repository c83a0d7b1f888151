/**
 * `bun run talk`: two people talk live, each over a socket, and one of them loses the network for a while. Starts a server on a
 * temporary folder, or uses `--url`.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readConfig } from '../../src/config.ts'
import { createClient, type Client, type EventFrame } from '../../src/sdk/index.ts'
import { startServer } from '../../src/server.ts'

const PACE_MS = 700
const PASSWORD = 'a fine long passphrase'
const COLOURS = { Ada: '\x1b[36m', Bob: '\x1b[33m', off: '\x1b[0m' } as const
const colour = process.stdout.isTTY ? COLOURS : { Ada: '', Bob: '', off: '' }

interface Person {
  name: 'Ada' | 'Bob'
  id: string
  client: Client
}

const { values } = parseArgs({ options: { url: { type: 'string' } } })
const folder = await mkdtemp(join(tmpdir(), 'parley-demo-'))
const settings = { PORT: '0', PARLEY_DATA_DIR: folder, PARLEY_LOG_LEVEL: 'warn' }
const server = values.url === undefined ? await startServer(readConfig(settings)) : null
const url = values.url ?? server?.url ?? ''

function tell({ name }: Pick<Person, 'name'>, text: string): void {
  const column = name === 'Ada' ? '' : ' '.repeat(44)
  console.log(`${column}${colour[name]}${name} ${text}${colour.off}`)
}

async function enter(name: Person['name']): Promise<Person> {
  const client = createClient({ url, calls: 'socket' })
  const username = `${name.toLowerCase()}-${crypto.randomUUID().slice(0, 8)}`
  const { user } = await client.auth.register({
    username,
    email: `${username}@example.com`,
    password: PASSWORD,
    full_name: name,
  })
  const person = { name, id: user.id, client }
  client.live.on('event', frame => sees(person, frame))
  client.live.on('status', ({ state }) => tell(person, `is ${state.replace('_', ' ')}`))
  await client.live.open()
  return person
}

function sees(person: Person, { event, data }: EventFrame): void {
  const message = data as { content?: string; sender_id?: string; reactions?: { emoji: string; count: number }[] }
  const whose = message.sender_id === person.id ? 'their own' : 'a new'
  if (event === 'message.created') tell(person, `sees ${whose} message: ${message.content}`)
  if (event === 'message.updated') tell(person, `sees the edit: ${message.content}`)
  if (event === 'message.deleted') tell(person, 'sees that a message is gone')
  if (event === 'message.reacted')
    tell(person, `sees reactions: ${message.reactions?.map(each => `${each.emoji} ${each.count}`).join(' ')}`)
  if (event === 'receipt.updated') tell(person, 'sees that the other one has read it')
}

const pause = () => Bun.sleep(PACE_MS)

const [ada, bob] = [await enter('Ada'), await enter('Bob')]
const { id: conversation_id } = await ada.client.conversations.create({ type: 'direct', participant_ids: [bob.id] })
await pause()
const hello = await ada.client.messages.send({ conversation_id, content: 'Hello Bob, are you there?' })
await pause()
await bob.client.conversations.read({ conversation_id, seq: hello.seq })
await pause()
await bob.client.messages.react({ message_id: hello.id, emoji: '👍' })
await pause()
await ada.client.messages.update({ message_id: hello.id, content: 'Hello Bob! You are there.' })
await pause()
tell(bob, 'loses the network')
bob.client.live.drop()
await ada.client.messages.send({ conversation_id, content: 'Said while Bob was away: nothing is lost.' })
await ada.client.messages.send({ conversation_id, content: 'And in order.' })
await Bun.sleep(2 * PACE_MS)
await bob.client.outbox.send({ conversation_id, content: 'I got both. Bye!' })
await pause()
for (const { client } of [ada, bob]) client.close()
await server?.stop()
await rm(folder, { recursive: true, force: true })
process.exit(0)
