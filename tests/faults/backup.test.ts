import { expect, test } from 'bun:test'
import { mkdir, mkdtemp, open, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFileCopies, openFiles, openStorage, openStoreBackup } from '../../src/adapters/open.ts'
import { backUp } from '../../src/backup/back-up.ts'
import { backUpInstallation, restoreInstallation } from '../../src/backup/installation.ts'
import { FilesUnavailable } from '../../src/ports/files.ts'
import { createClient, memoryTokens, type Client } from '../../src/sdk/index.ts'
import { Store } from '../../src/sdk/store/index.ts'
import { messagesOf } from '../../src/sdk/store/state.ts'
import { auditStore } from '../support/audit.ts'
import { readHistory } from '../support/history.ts'
import { newInstallation, type Installation } from '../support/installation.ts'
import { rejection } from '../support/mongo.ts'
import { replacing } from '../support/replacing.ts'
import { patiently, sendOnce } from '../support/send-once.ts'
import { until } from '../support/until.ts'
import { Victim } from '../support/victim.ts'

const PEOPLE = 6
const ROOMS = 3
const BEFORE = 60
const AFTER = 20
const PASSWORD = 'a fine long passphrase'
const SLOW = 300_000
const quiet = () => undefined

interface Person {
  id: string
  username: string
  client: Client
  store: Store
  resyncs: Set<string>
}
interface Sent {
  room: string
  seq: number
  content: string
}

test(
  'a backup made while people send is restored with all that was acknowledged before it, and clients end as a fresh fetch',
  async () => {
    await using scene = await Scene.begin()
    const { people, rooms, sent, uploaded } = scene
    await until(() => sent.length >= BEFORE, 'messages before the backup')
    const before = [...sent]
    const files = [...uploaded]
    await backUpInstallation(scene.first.config, scene.backup, 'test', quiet)
    await until(() => sent.length >= before.length + AFTER, 'messages after the backup')
    await scene.pause()
    for (const { client } of people) await renew(client)
    await scene.destroy()

    await using second = await newInstallation()
    const manifest = await restoreInstallation(second.config, scene.backup, quiet)
    expect(manifest.files.count).toBeGreaterThanOrEqual(files.length)
    await scene.serve(second)
    for (const { room, seq, content } of before)
      expect(await found(people[0]?.client, room, seq)).toMatchObject({ content })
    for (const { id, text } of files) expect(await (await scene.download(id)).text()).toBe(text)
    for (const { username, client, id } of people) {
      const again = createClient({ url: scene.url })
      expect((await patiently(() => again.auth.login({ username, password: PASSWORD }))).user.id).toBe(id)
      // The tokens that it had at the end, which the backup does not know.
      const { session_id } = client.tokens.current ?? {}
      await renew(client)
      expect(client.tokens.current?.session_id).toBe(session_id)
    }
    for (const { store, client, resyncs } of people) {
      await until(() => rooms.every(room => resyncs.has(room)), 'all rooms are fetched again')
      for (const room of rooms) await expectFresh(store, client, room)
    }
    const [room = ''] = rooms
    await scene.send(0, room)
    for (const { store, client } of people) await expectFresh(store, client, room)

    expect(await rejection(restoreInstallation(second.config, scene.backup, quiet))).toMatchObject({
      message: 'the store is not empty: a backup is restored into a new one, never over another',
    })
    await scene.stop()
    await using storage = await openStorage(second.config)
    await auditStore(
      storage,
      rooms,
      people.map(({ id }) => id),
    )
  },
  SLOW,
)

test(
  'a backup that was changed anywhere or is not complete is refused, and nothing is written',
  async () => {
    await using scene = await Scene.begin()
    await until(() => scene.uploaded.length >= 2, 'files')
    await scene.pause()
    await backUpInstallation(scene.first.config, scene.backup, 'test', quiet)
    expect(await rejection(backUpInstallation(scene.first.config, scene.backup, 'test', quiet))).toMatchObject({
      message: `${scene.backup} is not empty`,
    })
    await using second = await newInstallation()
    const paths = (await readdir(scene.backup, { recursive: true, withFileTypes: true }))
      .filter(entry => entry.isFile())
      .map(entry => join(entry.parentPath, entry.name))
    expect(paths.length).toBeGreaterThan(5)
    for (const path of paths) {
      const restored = await flipMiddleByte(path)
      if (!restored) continue
      const error = await rejection(restoreInstallation(second.config, scene.backup, quiet))
      expect(error).toMatchObject({ name: 'BadBackup', message: expect.stringContaining('damaged') })
      await restored()
    }
    await rm(join(scene.backup, 'manifest.json'))
    expect(await rejection(restoreInstallation(second.config, scene.backup, quiet))).toMatchObject({
      name: 'BadBackup',
      message: `${scene.backup} is no backup, or one that was not completed`,
    })
    expect((await readdir(second.folder)).filter(name => name === 'parley.sqlite' || name === 'secret')).toEqual([])
  },
  SLOW,
)

test('a backup that fails removes what it has written and created, and nothing that was there before', async () => {
  await using installation = await newInstallation()
  const { config, folder } = installation
  await (await openStorage(config))[Symbol.asyncDispose]()
  const store = await openStoreBackup(config)
  await using files = await openFiles(config)
  const existing = join(folder, 'existing')
  await mkdir(existing)
  for (const to of [existing, join(folder, 'not/yet/there')]) {
    let written: string[] = []
    const lost = replacing(files, {
      async list() {
        written = await readdir(to)
        throw new FilesUnavailable('the files are away')
      },
    })
    const work = { store, files: lost, folder: to, copies: () => openFileCopies(to), secret: null, version: 'test' }
    expect(await rejection(backUp({ ...work, progress: quiet }))).toBeInstanceOf(FilesUnavailable)
    expect(written).toContain('store')
  }
  expect(await readdir(existing)).toEqual([])
  expect(await readdir(folder)).not.toContain('not')
  // The same folder can be used again.
  await backUpInstallation(config, existing, 'test', quiet)
  expect(await readdir(existing)).toContain('manifest.json')
})

/** Gives the function that undoes it; null for an empty file. */
async function flipMiddleByte(path: string): Promise<(() => Promise<void>) | null> {
  await using handle = await open(path, 'r+')
  const { size } = await handle.stat()
  if (size === 0) return null
  const at = Math.floor(size / 2)
  const byte = Buffer.alloc(1)
  await handle.read(byte, 0, 1, at)
  await handle.write(Buffer.of((byte[0] ?? 0) ^ 1), 0, 1, at)
  return async () => {
    await using again = await open(path, 'r+')
    await again.write(byte, 0, 1, at)
  }
}

/** By the client itself, as when its access token expires. */
async function renew({ tokens }: Client): Promise<void> {
  const { access_token, refresh_token } = tokens.current ?? {}
  expect(await patiently(() => tokens.renew(access_token ?? ''))).toBe(tokens.current?.access_token ?? '')
  expect(tokens.current?.refresh_token).not.toBe(refresh_token)
}

async function found(client: Client | undefined, conversation_id: string, seq: number) {
  const history = client ? await patiently(() => readHistory(client, conversation_id)) : []
  return history.find(message => message.seq === seq)
}

async function expectFresh(store: Store, client: Client, conversation_id: string): Promise<void> {
  const fresh = await patiently(() => client.conversations.inboxEntry({ conversation_id }))
  const history = await patiently(() => readHistory(client, conversation_id))
  const mine = () => messagesOf(store.get(conversation_id))
  await until(
    () => Bun.deepEquals(store.get(conversation_id)?.conversation, fresh),
    'the store has the room as it is',
    () => JSON.stringify([store.get(conversation_id)?.conversation, fresh]),
  )
  await until(
    () => mine().length > 0 && Bun.deepEquals(mine(), history.slice(-mine().length)),
    'the store has the messages as they are',
  )
}

/** People who send to rooms, some of it with files, until they are told to stop. */
class Scene implements AsyncDisposable {
  readonly people: Person[] = []
  readonly rooms: string[] = []
  readonly sent: Sent[] = []
  readonly uploaded: { id: string; text: string }[] = []
  readonly first: Installation
  readonly backup: string
  #server: Victim
  readonly #stop = new AbortController()
  #working: Promise<unknown> = Promise.resolve()
  #next = 0

  private constructor(first: Installation, backup: string) {
    this.first = first
    this.backup = backup
    this.#server = new Victim(first.folder, first.database, first.settings)
  }

  static async begin(): Promise<Scene> {
    const backup = await mkdtemp(join(tmpdir(), 'parley-backup-'))
    const scene = new Scene(await newInstallation(), backup)
    await scene.#begin().catch(async (error: unknown) => {
      await scene[Symbol.asyncDispose]()
      throw error
    })
    return scene
  }

  async #begin(): Promise<void> {
    await this.#server.start()
    for (let n = 0; n < PEOPLE; n += 1) this.people.push(await signUp(this.url, n))
    const participant_ids = this.people.map(({ id }) => id)
    for (let n = 0; n < ROOMS; n += 1) {
      const { id } = await this.#client(n).conversations.create({ type: 'group', name: `room ${n}`, participant_ids })
      this.rooms.push(id)
    }
    for (const { store } of this.people) {
      await store.open()
      // As a screen that shows the room: its messages are loaded again after a resync.
      for (const room of this.rooms) store.messages(room).subscribe(() => undefined)
    }
    this.#working = Promise.all(
      this.rooms.map(async (room, index) => {
        for (let turn = index; !this.#stop.signal.aborted; turn += 1) await this.send(turn % PEOPLE, room)
      }),
    )
    // `pause` tells of it.
    this.#working.catch(() => undefined)
  }

  get url(): string {
    return this.#server.url
  }

  #client(index: number): Client {
    const person = this.people[index]
    if (!person) throw new Error('nobody')
    return person.client
  }

  async send(index: number, conversation_id: string): Promise<void> {
    const number = (this.#next += 1)
    const client = this.#client(index)
    const content = `line ${number}`
    if (number % 7 === 0) {
      const text = `content ${number}`
      const { id: file_id } = await client.files.upload({ file: new File([text], `${number}.txt`) })
      await client.messages.send({ conversation_id, content, attachments: [{ file_id }] })
      this.uploaded.push({ id: file_id, text })
      return
    }
    const { seq } = await sendOnce(client, { conversation_id, content, client_id: content })
    this.sent.push({ room: conversation_id, seq, content })
    if (number % 5 === 0) await client.conversations.read({ conversation_id, seq })
  }

  async download(id: string): Promise<Response> {
    const { access_token } = this.people[0]?.client.tokens.current ?? { access_token: '' }
    return fetch(`${this.url}/files/${id}?download=1`, { headers: { authorization: `Bearer ${access_token}` } })
  }

  async pause(): Promise<void> {
    this.#stop.abort()
    await this.#working
  }

  /** The server dies and its data is gone. */
  async destroy(): Promise<void> {
    await this.pause()
    await this.#server.end('SIGKILL')
    await this.first.destroy()
  }

  /** Starts a server on another installation, at the same address. */
  async serve({ folder, database, settings }: Installation): Promise<void> {
    const { port } = this.#server
    this.#server = new Victim(folder, database, settings)
    this.#server.port = port
    await this.#server.start()
  }

  async stop(): Promise<void> {
    for (const { store, client } of this.people) {
      store.close()
      client.close()
    }
    await this.#server.end('SIGTERM')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pause().catch(() => undefined)
    await this.stop()
    await this.first.destroy()
    await rm(this.backup, { recursive: true, force: true })
  }
}

async function signUp(url: string, index: number): Promise<Person> {
  const username = `person-${index}-${crypto.randomUUID().slice(0, 8)}`
  const client = createClient({ url, tokens: memoryTokens(null) })
  const { user } = await client.auth.register({ username, email: `${username}@example.com`, password: PASSWORD })
  const resyncs = new Set<string>()
  client.live.on('resync', ({ stream }) => void resyncs.add(stream))
  return { id: user.id, username, client, store: new Store(client), resyncs }
}
