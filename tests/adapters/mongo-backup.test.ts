import { describe, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openMongoBackup } from '../../src/adapters/storage/mongo/backup.ts'
import { Driver } from '../../src/adapters/storage/mongo/driver.ts'
import { openMongo } from '../../src/adapters/storage/mongo/open.ts'
import type { StoreBackup } from '../../src/ports/backup.ts'
import type { Storage } from '../../src/ports/storage.ts'
import { id } from '../conformance/storage/subject.ts'
import { auditStore } from '../support/audit.ts'
import { group, said } from '../support/drafts.ts'
import { openDatabase, rejection } from '../support/mongo.ts'
import { RandomLife } from '../support/random-life.ts'
import { until } from '../support/until.ts'

const url = process.env['MONGODB_URL']
const SLOW = 120_000
const SEEDS = [1, 2]
/** Changes before the backup, and before each of its commands. */
const CHANGES = 40
const CHANGES_BETWEEN = 2
const quiet = () => undefined

if (url === undefined) {
  test.skip('the backup of a MongoDB store: MONGODB_URL is not set, there is no server', () => undefined)
} else {
  describe('the backup of a MongoDB store', () => {
    for (const seed of SEEDS)
      test(
        `is restored to what the log says, with all that came before it, though the store changes before each of its commands (${seed})`,
        async () => {
          await using source = openDatabase(url)
          await using target = openDatabase(url)
          await using folder = await temporary()
          await using storage = await openMongo(source)
          const life = new RandomLife(storage, seed)
          await life.begin()
          for (let n = 0; n < CHANGES; n += 1) await life.change()
          const before = { texts: new Map(life.texts), users: [...life.users] }
          // Its commands come one after the other, so that each change is between two of them.
          const connect = interrupted(async () => {
            for (let n = 0; n < CHANGES_BETWEEN; n += 1) await life.change()
          })
          const saved = await openMongoBackup({ ...source, connect }).save(folder.path, quiet)

          const backup = openMongoBackup(target)
          expect(await backup.isEmpty()).toBe(true)
          await backup.load(folder.path, saved, quiet)
          expect(await backup.isEmpty()).toBe(false)
          await using restored = await openMongo(target)
          expect(restored.epoch).not.toBe(storage.epoch)
          await expectRestored(restored, life, before)
        },
        SLOW,
      )

    test('that is made in the middle of a purge has nothing of what the conversation held', async () => {
      await using source = openDatabase(url)
      await using target = openDatabase(url)
      await using folder = await temporary()
      const held = Promise.withResolvers<void>()
      const connect = interrupted(command => (command === 'messages.deleteMany' ? held.promise : Promise.resolve()))
      await using storage = await openMongo({ ...source, connect })
      const [ada, bob, room, other] = [id(), id(), id(), id()]
      for (const each of [room, other]) {
        await storage.log.appendTo(each, [group(ada, bob)], {})
        await storage.log.appendTo(each, [said(ada, 'a text')], {})
      }
      const purging = storage.log.appendTo(room, [{ event: 'conversation.deleted' }], {})
      await until(async () => (await storage.conversations.find(room)) === null, 'the purge shows')
      const saved = await openMongoBackup(source).save(folder.path, quiet)
      expect(await source.count('messages')).toBe(2)
      held.resolve()
      await purging

      await openMongoBackup(target).load(folder.path, saved, quiet)
      expect(await target.count('messages')).toBe(1)
      await using restored = await openMongo(target)
      await auditStore(restored, [room, other], [ada, bob])
      for (const stream of [room, ada, bob]) {
        const kept = (await restored.log.read(stream, 0, 100)).filter(({ json }) => !json.includes(other))
        expect(JSON.stringify(kept)).not.toMatch(/a text|Kitchen/)
      }
    })

    test('that is interrupted while it is restored keeps servers from starting, and is restored anew by the next try', async () => {
      await using source = openDatabase(url)
      await using target = openDatabase(url)
      await using folder = await temporary()
      await using storage = await openMongo(source)
      const life = new RandomLife(storage, 1)
      await life.begin()
      for (let n = 0; n < CHANGES; n += 1) await life.change()
      const before = { texts: new Map(life.texts), users: [...life.users] }
      const saved = await openMongoBackup(source).save(folder.path, quiet)
      let commands = 0
      const connect = interrupted(async () => {
        commands += 1
        if (commands > 60) throw new Error('killed')
      })
      const broken = openMongoBackup({ ...target, connect })
      expect(await rejection(broken.load(folder.path, saved, quiet))).toMatchObject({ message: 'killed' })
      expect(await rejection(openMongo(target))).toMatchObject({
        message: 'a restore into this MongoDB database has not finished: run it again',
      })
      const backup: StoreBackup = openMongoBackup(target)
      expect(await backup.isEmpty()).toBe(true)
      await backup.load(folder.path, saved, quiet)
      await using restored = await openMongo(target)
      await expectRestored(restored, life, before)
    })
  })
}

/** A driver that does something before each command. */
function interrupted(
  work: (command: string) => Promise<void>,
): (...args: ConstructorParameters<typeof Driver>) => Driver {
  class Interrupted extends Driver {
    override async run<T>(...args: Parameters<typeof Driver.prototype.run<T>>): Promise<T> {
      await work(args[0])
      return super.run(...args)
    }
  }
  return (url, database, options) => new Interrupted(url, database, options)
}

async function expectRestored(
  restored: Storage,
  life: RandomLife,
  before: { texts: ReadonlyMap<string, { content: string }>; users: readonly { id: string }[] },
): Promise<void> {
  await auditStore(
    restored,
    life.rooms,
    life.users.map(user => user.id),
  )
  // Those that nobody touched meanwhile.
  for (const [message_id, { content }] of before.texts)
    if (life.texts.get(message_id)?.content === content)
      expect(await restored.messages.find(message_id)).toMatchObject({ content })
  for (const { id } of before.users) expect(await restored.users.find(id)).not.toBeNull()
  for (const room of life.rooms) {
    const messages = await restored.messages.list(room, { ascending: true, limit: 1_000 })
    for (const { sender_id, attachments } of messages) {
      expect(await restored.users.find(sender_id)).not.toBeNull()
      const ids = attachments.flatMap(each => ('file_id' in each ? each.file_id : []))
      expect(await restored.files.shownTo(null, ids)).toEqual(new Set(ids))
    }
    const conversation = await restored.conversations.find(room)
    if (conversation?.type !== 'direct') continue
    const [one, other] = await restored.members.list(room, { ascending: true, limit: 2 })
    if (one && other) expect((await restored.conversations.findDirect(one.user_id, other.user_id))?.id).toBe(room)
  }
}

async function temporary() {
  const path = await mkdtemp(join(tmpdir(), 'parley-backup-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}
