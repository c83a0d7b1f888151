import { expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { openStorage } from '../../src/adapters/open.ts'
import { renewEpoch } from '../../src/backup/installation.ts'
import { moveInstallation } from '../../src/backup/move-installation.ts'
import { readConfig } from '../../src/config.ts'
import { Unavailable, type Storage } from '../../src/ports/storage.ts'
import { createClient, memoryTokens } from '../../src/sdk/index.ts'
import { auditStore } from '../support/audit.ts'
import { readHistory } from '../support/history.ts'
import { newInstallation, type Installation } from '../support/installation.ts'
import { rejection } from '../support/mongo.ts'
import { databaseUrl } from '../support/server.ts'
import { RandomLife } from '../support/random-life.ts'
import { openSocket } from '../support/socket.ts'
import { until } from '../support/until.ts'
import { Victim } from '../support/victim.ts'

const PASSWORD = 'a fine long passphrase'
const CHANGES = 250
const MESSAGES = 40
const TRIES = 5
const SLOW = 300_000
const SCRIPT = join(import.meta.dir, '../../scripts/ops/migrate-store.ts')
const quiet = () => undefined

if (process.env['MONGODB_URL'] === undefined) {
  test.skip('moving to the full stack: MONGODB_URL is not set, there is no server', () => undefined)
} else {
  test(
    'everything that a store in SQLite can hold is the same in MongoDB after a move, and what follows from it works there',
    async () => {
      await using old = await newInstallation('embedded')
      await using next = await newInstallation('mongo')
      await (await openStorage(old.config))[Symbol.asyncDispose]()
      await renewEpoch(old.config)
      const source = await openStorage(old.config)
      const life = new RandomLife(source, 7)
      await life.begin()
      for (let n = 0; n < CHANGES; n += 1) await life.change()
      const before = await everything(source, life)
      await source[Symbol.asyncDispose]()
      await Bun.write(join(old.folder, 'secret'), 'the secret')
      const untouched = await hashes(old.folder)

      await moveAtLast(old, next)
      expect(await hashes(old.folder)).toEqual(untouched)
      await using moved = await openStorage(next.config)
      expect(source.restored_at).not.toBeNull()
      expect([moved.epoch, moved.restored_at]).toEqual([source.epoch, source.restored_at])
      const users = life.users.map(({ id }) => id)
      expect(await everything(moved, life)).toEqual(before)
      await auditStore(moved, life.rooms, users)
      expect(await rejection(moveInstallation(old.folder, next.config, quiet))).toMatchObject({
        message: 'the MongoDB database is in use: name an empty one',
      })
      // What purges, deletions and followers need beyond the records is there, too.
      const on = new RandomLife(moved, 8)
      Object.assign(on, { users: life.users, rooms: life.rooms, files: life.files, texts: life.texts })
      for (let n = 0; n < 20; n += 1) await on.change()
      for (const room of life.rooms.slice(0, 2)) await moved.log.appendTo(room, [{ event: 'conversation.deleted' }], {})
      await auditStore(moved, life.rooms, users)
      for (const user of users)
        for (const { event, json } of await moved.log.read(user, 0, 1_000))
          if (event === 'conversation.joined' && life.rooms.slice(0, 2).includes(JSON.parse(json).conversation.id))
            expect(JSON.parse(json).conversation.name).toBeNull()
    },
    SLOW,
  )

  test(
    'a client that was connected to SQLite resumes on MongoDB with exactly what it missed, after a move that was killed twice',
    async () => {
      await using old = await newInstallation('embedded')
      await using next = await newInstallation('mongo')
      const server = new Victim(old.folder, '', old.settings)
      await server.start()
      const { client: writer, username } = await signUp(server.url, 'writer')
      const { client: reader, id } = await signUp(server.url, 'reader')
      const room = await writer.conversations.create({ type: 'group', name: 'room', participant_ids: [id] })
      const say = (content: string) => writer.messages.send({ conversation_id: room.id, content })
      const upload = await writer.files.upload({ file: new File(['the content'], 'a.txt') })
      await writer.messages.send({ conversation_id: room.id, attachments: [{ file_id: upload.id }] })
      const token = reader.tokens.current?.access_token ?? ''
      const socket = await openSocket(server.url, { token })
      const { epoch, change: own } = await socket.find('ready')
      const { change } = await say('the last that the reader sees')
      await until(() => socket.changes(room.id).includes(change), 'the reader has it')
      socket[Symbol.dispose]()
      for (let n = 0; n < MESSAGES; n += 1) await say(`missed ${n}`)
      const history = await readHistory(writer, room.id)
      await server.end('SIGTERM')

      for (const collection of ['users', 'log']) await migrateAndKill(old, next, collection)
      expect(await migrate(old, next)).toMatchObject({ code: 0, output: expect.stringContaining('Moved and compared') })
      expect(await migrate(old, next)).toEqual({
        code: 1,
        output: 'the MongoDB database is in use: name an empty one\n',
      })

      const again = new Victim(next.folder, next.database, next.settings)
      await again.start()
      try {
        const positions = { [room.id]: change, [id]: own }
        using returned = await openSocket(again.url, { token, resume: { epoch, positions } })
        await returned.find('resumed')
        expect(returned.changes(room.id)).toEqual(Array.from({ length: MESSAGES }, (_, index) => change + 1 + index))
        expect(returned.frames.filter(({ type }) => type === 'resync')).toEqual([])
        const client = createClient({ url: again.url, tokens: memoryTokens(reader.tokens.current) })
        expect(await readHistory(client, room.id)).toEqual(history)
        const bytes = await fetch(`${again.url}/files/${upload.id}?download=1`, {
          headers: { authorization: `Bearer ${token}` },
        })
        expect(await bytes.text()).toBe('the content')
        await createClient({ url: again.url }).auth.login({ username, password: PASSWORD })
      } finally {
        await again.end('SIGTERM')
        writer.close()
      }
    },
    SLOW,
  )

  test('a move is refused while the server runs, and with another signing secret', async () => {
    await using old = await newInstallation('embedded')
    await using next = await newInstallation('mongo')
    const storage = await openStorage(old.config)
    expect(await rejection(moveInstallation(old.folder, next.config, quiet))).toMatchObject({
      message: expect.stringContaining('is in use by another process'),
    })
    await storage[Symbol.asyncDispose]()
    await Bun.write(join(old.folder, 'secret'), 'one')
    const config = readConfig({ ...next.settings, PARLEY_SECRET: 'another' })
    expect(await rejection(moveInstallation(old.folder, config, quiet))).toMatchObject({
      message: `PARLEY_SECRET is not the signing secret of ${old.folder}: no session would go on`,
    })
  })
}

/** A busy machine may interrupt it: then it goes on. */
async function moveAtLast(old: Installation, next: Installation): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await moveInstallation(old.folder, next.config, quiet)
      return
    } catch (error) {
      if (!(error instanceof Unavailable) || attempt === TRIES) throw error
    }
  }
}

/** Reads what the port gives of all that happened. */
async function everything(storage: Storage, { rooms, users, files }: RandomLife) {
  const page = { ascending: true, limit: 10_000 }
  const found: unknown[] = [await storage.users.list({}, page)]
  for (const { id } of users) {
    const sorted = (await storage.members.ofUser(id)).toSorted((a, b) =>
      a.conversation.id < b.conversation.id ? -1 : 1,
    )
    found.push(await storage.contacts.list(id, 'all', page), await storage.preferences.find(id))
    found.push(sorted, await storage.members.unread(id, sorted), await storage.log.read(id, 0, 10_000))
    found.push(await storage.files.usage(id), await storage.files.listOfUser(id, '', 1_000))
    found.push(await storage.invites.ofUser(id, page))
    found.push(
      [
        ...(await storage.files.shownTo(
          id,
          files.map(file => file.id),
        )),
      ].toSorted(),
    )
  }
  for (const room of rooms) {
    const messages = await storage.messages.list(room, { ascending: true, limit: 10_000 })
    // SQLite reads the digest of a message only where a repeat is recognised.
    const read = messages.map(message => ({ ...message, digest: null }))
    found.push(await storage.conversations.find(room), read, await storage.members.list(room, page))
    for (const { id } of messages) found.push(await storage.messages.versions(id))
    found.push(await storage.messages.pins(room, null, 1_000), await storage.log.read(room, 0, 10_000))
  }
  return found
}

async function hashes(folder: string): Promise<[string, string][]> {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true })).filter(entry => entry.isFile())
  const paths = names
    .map(entry => join(entry.parentPath, entry.name))
    .filter(path => !/-(?:wal|shm)$|\.lock/.test(path))
  const hash = async (path: string) =>
    createHash('sha256')
      .update(await Bun.file(path).bytes())
      .digest('hex')
  return Promise.all(paths.toSorted().map(async path => [path, await hash(path)] as [string, string]))
}

function spawnMigration(old: Installation, next: Installation) {
  return Bun.spawn([process.execPath, SCRIPT, '--from', old.folder], {
    env: { PATH: process.env['PATH'] ?? '', ...next.settings },
    stdout: 'pipe',
    stderr: 'pipe',
  })
}

async function migrate(old: Installation, next: Installation) {
  const child = spawnMigration(old, next)
  const [output, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return { code: await child.exited, output: `${output}${errors}` }
}

/** Kills the migration once it has written to the collection. */
async function migrateAndKill(old: Installation, next: Installation, collection: string): Promise<void> {
  await using mongo = new MongoClient(databaseUrl(next.database))
  const rows = mongo.db().collection(collection)
  const child = spawnMigration(old, next)
  try {
    await until(async () => (await rows.findOne({})) !== null || child.exitCode !== null, `rows of ${collection}`)
    expect(child.exitCode).toBeNull()
  } finally {
    child.kill('SIGKILL')
    await child.exited
  }
}

async function signUp(url: string, name: string) {
  const username = `${name}-${crypto.randomUUID().slice(0, 8)}`
  const client = createClient({ url })
  const { user } = await client.auth.register({ username, email: `${username}@example.com`, password: PASSWORD })
  return { client, username, id: user.id }
}
