import { expect, test } from 'bun:test'
import * as fc from 'fast-check'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDiskFiles } from '../../src/adapters/files/disk/open.ts'
import { toAttachment } from '../../src/domain/files.ts'
import type { FileRecord } from '../../src/domain/records.ts'
import { openCollection } from '../../src/features/files/collect.ts'
import { discard, fileOf, keep } from '../../src/features/files/keep.ts'
import { openInspector } from '../../src/files/inspector.ts'
import { openLogger } from '../../src/logger.ts'
import type { Files } from '../../src/ports/files.ts'
import type { Storage } from '../../src/ports/storage.ts'
import { person } from '../conformance/storage/subject.ts'
import { group, said } from '../support/drafts.ts'
import { stack } from '../support/server.ts'
import { openStackStore } from '../support/store.ts'

const DAY_MS = 24 * 60 * 60 * 1_000
const logger = openLogger('silent')
const RUNS = stack === 'mongo' ? 4 : 25

/** One step of a user or of the server; `crash`: the process ends in the middle of it. The number chooses a file or a message. */
type Step =
  | { do: 'upload' | 'delete file' | 'collect'; at: number; crash: boolean }
  | { do: 'send' | 'delete message' | 'avatar' | 'purge'; at: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('upload' as const), at: fc.nat(9), crash: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('send' as const), at: fc.nat(9) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('delete file' as const, 'collect' as const),
      at: fc.nat(9),
      crash: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('delete message' as const, 'avatar' as const), at: fc.nat(9) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('purge' as const), at: fc.nat(1) }) },
)

/** A server without HTTP: Ada with two rooms, and the stores. */
class World {
  readonly storage: Storage
  readonly files: Files
  readonly ada = person('ada')
  readonly rooms = [Bun.randomUUIDv7(), Bun.randomUUIDv7()] as const
  readonly uploaded: FileRecord[] = []
  readonly sent: { room: string; id: string }[] = []

  constructor(storage: Storage, files: Files) {
    this.storage = storage
    this.files = files
  }

  async open(): Promise<void> {
    await this.storage.users.create(this.ada)
    for (const room of this.rooms) await this.storage.log.appendTo(room, [group(this.ada.id)], {})
  }

  async play(given: Step): Promise<unknown> {
    const { storage, files, ada } = this
    const file = this.uploaded[given.at % Math.max(1, this.uploaded.length)]
    const room = this.rooms[given.at % 2] ?? this.rooms[0]
    switch (given.do) {
      case 'upload':
        return this.#upload(given.crash)
      case 'send': {
        if (!file) return null
        const draft = said(ada.id, 'look', { attachments: [toAttachment(file)] })
        const { outcome } = await storage.log.appendTo(room, [draft], {})
        return outcome === 'committed' && this.sent.push({ room, id: draft.message.id })
      }
      case 'delete message': {
        const message = this.sent[given.at % Math.max(1, this.sent.length)]
        return message && storage.log.appendTo(message.room, [{ event: 'message.deleted', message_id: message.id }], {})
      }
      case 'avatar': {
        const avatar_file_id = given.at % 3 === 0 ? null : (file?.id ?? null)
        const updated_at = new Date().toISOString()
        if (given.at % 2 === 0) return storage.users.update(ada.id, { avatar_file_id, updated_at })
        const patch = { avatar_file_id }
        return storage.log.appendTo(room, [{ event: 'conversation.updated', actor_id: ada.id, patch }], {})
      }
      case 'purge':
        return storage.log.appendTo(room, [{ event: 'conversation.deleted' }], {})
      case 'delete file':
        if (file && (await storage.files.remove(file.id)) === 'removed' && !given.crash)
          await discard({ files, logger }, file.id)
        return null
      case 'collect':
        return this.collect(new Date(), given.crash)
    }
  }

  async #upload(crash: boolean): Promise<void> {
    const { storage, files, ada } = this
    const id = crypto.randomUUID()
    const stored = await files.put(id, new Blob([id]).stream(), { max_bytes: 1_000 })
    if (crash || stored === 'too_large') return
    const deps = {
      storage,
      inspector: openInspector(files),
      clock: () => new Date(),
    }
    const file = await fileOf(deps, { id, user_id: ada.id, name: 'a.txt', stored })
    if ((await keep(deps, file, 100_000)) === 'created') this.uploaded.push(file)
  }

  async collect(now: Date, crash = false): Promise<void> {
    // The process ends between the removal of a row and that of its bytes.
    const mortal = { ...this.files, delete: () => Promise.reject(new Error('crash')) }
    const job = openCollection({ storage: this.storage, files: crash ? mortal : this.files, logger })
    await job.run(now).catch((error: unknown) => {
      if (!crash) throw error
    })
  }

  /** The files that are shown now. */
  async shown(): Promise<Set<string>> {
    const { storage, rooms, ada } = this
    const shown = new Set<string>()
    for (const room of rooms) {
      const messages = await storage.messages.list(room, { ascending: true, limit: 1_000 })
      for (const { attachments } of messages) for (const { file_id } of attachments) shown.add(file_id)
      const avatar = (await storage.conversations.find(room))?.avatar_file_id
      if (avatar) shown.add(avatar)
    }
    const avatar = (await storage.users.find(ada.id))?.avatar_file_id
    if (avatar) shown.add(avatar)
    return shown
  }
}

test('the collection removes all that nothing refers to and nothing else, whatever races and wherever a process ends', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(step, { minLength: 1, maxLength: 5 }), { minLength: 5, maxLength: 20 }),
      async rounds => {
        await using store = await openStackStore()
        const folder = await mkdtemp(join(tmpdir(), 'parley-collection-'))
        await using files = await openDiskFiles(folder)
        const world = new World(store.storage, files)
        await world.open()
        for (const round of rounds) {
          await Promise.all(round.map(each => world.play(each)))
          // Alone: with this clock the bytes of an upload in progress would be older than a day.
          if (round.length > 3) await world.collect(new Date(Date.now() + 2 * DAY_MS), round.length === 5)
          for (const id of await world.shown()) {
            expect(await store.storage.files.findMany([id])).toHaveLength(1)
            expect(await files.size(id)).not.toBeNull()
          }
        }
        const later = new Date(Date.now() + 3 * DAY_MS)
        await store.storage.sweep(later.toISOString())
        await world.collect(later)
        const shown = [...(await world.shown())].toSorted()
        expect((await files.list(null, 1_000)).map(({ id }) => id)).toEqual(shown)
        const rows = await store.storage.files.listOfUser(world.ada.id, '', 1_000)
        expect(rows.map(({ id }) => id)).toEqual(shown)
        await rm(folder, { recursive: true })
      },
    ),
    { numRuns: RUNS },
  )
}, 120_000)
