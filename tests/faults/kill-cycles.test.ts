import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient, memoryTokens, type Client } from '../../src/sdk/index.ts'
import { readHistory } from '../support/history.ts'
import { openTestMeili } from '../support/meili.ts'
import { expectPushedOnce, pushedTo } from '../support/push-audit.ts'
import { expectSearchable } from '../support/searchable.ts'
import { patiently, sendOnce } from '../support/send-once.ts'
import { ADMIN, dropDatabase, stack } from '../support/server.ts'
import { until } from '../support/until.ts'
import { Victim } from '../support/victim.ts'
import { openWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts'
import { openPushService, type PushRequest, type Subscription } from '../support/web-push.ts'

const PEOPLE = 64
const SIGN_UPS_AT_ONCE = 4
const ROOMS = 16
/** Rooms with a member who is away and has a device. */
const PUSHED_ROOMS = 2
/** A kill comes after one to so many acknowledgements. */
const MAX_BETWEEN_KILLS = 100
/** The database server of the other stack is a stand-in that takes long to come back to. */
const CYCLES = stack === 'mongo' ? 10 : 50
const PASSWORD = 'a fine long passphrase'
const SEED = 20_261_124
/** How long the last process may take to count and to push what is not counted or pushed. */
const LATE_MS = 180_000

/** Pseudo-random numbers, the same in every run. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** Texts of many lengths, some of them outside ASCII. */
const textOf = (index: number) => `line ${index} ${(index % 7 ? 'word ' : 'Grüße 👋 ').repeat(index % 30)}`

interface Acknowledged {
  client_id: string
  seq: number
  content: string
}

test(`kill -9 in the middle of sending, ${CYCLES} times, loses, doubles and reorders no acknowledged message, and all are counted, found, pushed and sent to a webhook`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-kill-'))
  const database = `parley_test_${crypto.randomUUID().replaceAll('-', '')}`
  // Meilisearch outlives the process as the database does; the embedded index is killed with it.
  await using meili = stack === 'mongo' ? openTestMeili() : null
  using receiver = openWebhookReceiver()
  using web = openPushService()
  const accepted: PushRequest[] = []
  web.answer = request => {
    accepted.push(request)
    return new Response(null, { status: 201 })
  }
  const victim = new Victim(folder, database, {
    PARLEY_ADMIN_USERNAME: ADMIN.username,
    PARLEY_ADMIN_PASSWORD: ADMIN.password,
    PARLEY_PUSH_ALLOW: web.host,
    PARLEY_WEBHOOK_ALLOW: receiver.host,
    ...(meili ? { MEILI_URL: meili.url, MEILI_MASTER_KEY: meili.key ?? '', MEILI_INDEX: meili.index } : {}),
  })
  const clients: Client[] = []
  try {
    await victim.start()
    // Hashes of passwords: with all of them waiting, a loaded machine would let the calls of the last ones time out.
    while (clients.length < PEOPLE) {
      const next = Array.from({ length: SIGN_UPS_AT_ONCE }, (_, index) => signUp(victim.url, clients.length + index))
      clients.push(...(await Promise.all(next)))
    }
    await Promise.all(clients.map(client => client.live.open()))
    const away = await signUp(victim.url, PEOPLE)
    const device = web.subscribe()
    const { subscription } = device
    await patiently(() => away.notifications.registerDevice({ platform: 'web', subscription }))
    const rooms = await Promise.all(
      Array.from({ length: ROOMS }, (_, room) => makeRoom(room < PUSHED_ROOMS ? [...clients, away] : clients, room)),
    )

    const root = await signInAsAdmin(victim.url)
    await patiently(() => root.webhooks.create({ url: receiver.url, events: ['message.created'] }))

    const acknowledged = rooms.map((): Acknowledged[] => [])
    const total = () => acknowledged.reduce((sum, room) => sum + room.length, 0)
    let next = 0
    const stop = new AbortController()
    const random = randomFrom(SEED)
    const kills: number[] = []
    const working = rooms.map(async (conversation_id, room) => {
      while (!stop.signal.aborted) {
        const index = next++
        const content = textOf(index)
        const client = clients[(index * 7 + room) % PEOPLE]
        if (!client) continue
        const client_id = `line-${index}`
        const { seq } = await sendOnce(client, { conversation_id, content, client_id })
        acknowledged[room]?.push({ client_id, seq, content })
      }
    })

    for (let cycle = 0; cycle < CYCLES; cycle += 1) {
      const wanted = total() + Math.ceil(random() * MAX_BETWEEN_KILLS)
      await until(() => total() >= wanted, `acknowledgements after start ${cycle}`)
      await victim.end('SIGKILL')
      kills.push(performance.now())
      await victim.start()
    }
    const before = total()
    await until(() => total() > before, 'an acknowledgement at the end')
    stop.abort()
    await Promise.all(working)

    const [reader] = clients
    if (!reader) throw new Error('nobody reads')
    for (const [room, conversation_id] of rooms.entries()) {
      const history = await patiently(() => readHistory(reader, conversation_id))
      expect(history.map(message => message.seq)).toEqual(history.map((_, index) => index + 1))
      const mine = acknowledged[room] ?? []
      const found = new Map(history.map(message => [message.client_id, message]))
      expect(found.size).toBe(history.length)
      for (const { client_id, seq, content } of mine) expect(found.get(client_id)).toMatchObject({ seq, content })
      expect(mine.map(each => each.seq)).toEqual(mine.map(each => each.seq).toSorted((a, b) => a - b))
      expect(history.length).toBe(mine.length)
      await expectCounted(root, conversation_id, history.length)
      // The word that all texts begin with.
      await expectSearchable(reader, conversation_id, 'line', history)
      await expectReceived(receiver, conversation_id, history.length)
      if (room < PUSHED_ROOMS) await expectPushed(device, accepted, conversation_id, history.length)
    }
    expectPushedOnce(pushedTo(device, accepted), kills)
  } finally {
    for (const client of clients) client.close()
    await victim.end('SIGTERM')
    if (stack === 'embedded') {
      using db = new Database(join(folder, 'parley.sqlite'), { readonly: true })
      expect(db.query('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
    } else await dropDatabase(database)
    await rm(folder, { recursive: true, force: true })
  }
}, 900_000)

async function signUp(url: string, index: number): Promise<Client> {
  const client = createClient({ url })
  await patiently(() => {
    // Another name for each attempt: one that was given up may have been stored.
    const username = `person-${index}-${crypto.randomUUID().slice(0, 8)}`
    return client.auth.register({ username, email: `${username}@example.com`, password: PASSWORD })
  })
  return createClient({ url, calls: 'socket', tokens: memoryTokens(client.tokens.current) })
}

async function signInAsAdmin(url: string): Promise<Client> {
  const client = createClient({ url })
  await patiently(() => client.auth.login(ADMIN))
  return client
}

/** The follower of analytics ran while its process was killed. On MongoDB the last process takes over from the one before. */
async function expectCounted(root: Client, conversation_id: string, messages: number): Promise<void> {
  const ask = () => patiently(() => root.analytics.messages({ conversation_id }))
  const end = performance.now() + LATE_MS
  let { total } = await ask()
  for (; total !== messages && performance.now() < end; { total } = await ask()) await Bun.sleep(50)
  expect(total).toBe(messages)
}

/** Every message, at least once. What was in progress at a kill comes again when its claim has ended. */
async function expectReceived({ requests }: WebhookReceiver, conversation_id: string, messages: number): Promise<void> {
  const received = () =>
    new Set(
      requests.flatMap(({ payload }) => (payload.conversation_id === conversation_id ? [payload.data['seq']] : [])),
    )
  const end = performance.now() + LATE_MS
  while (received().size < messages && performance.now() < end) await Bun.sleep(50)
  expect([...received()].toSorted((a, b) => Number(a) - Number(b))).toEqual(
    Array.from({ length: messages }, (_, index) => index + 1),
  )
}

/** The last message is pushed at the end; earlier ones may be replaced by later ones. */
async function expectPushed(
  device: Subscription,
  accepted: readonly PushRequest[],
  conversation_id: string,
  last: number,
): Promise<void> {
  const reached = () => pushedTo(device, accepted).findLast(pushed => pushed.conversation_id === conversation_id)?.seq
  const end = performance.now() + LATE_MS
  while (reached() !== last && performance.now() < end) await Bun.sleep(50)
  expect(reached()).toBe(last)
}

async function makeRoom(clients: readonly Client[], room: number): Promise<string> {
  const owner = clients[room]
  if (!owner) throw new Error('nobody owns the room')
  const participant_ids = clients.flatMap(client => client.tokens.current?.user_id ?? [])
  const create = () => owner.conversations.create({ type: 'group', name: `room ${room}`, participant_ids })
  const { id } = await patiently(create)
  return id
}
