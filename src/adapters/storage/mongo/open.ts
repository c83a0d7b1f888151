import type { Fault } from '../../../ports/storage-fault.ts'
import type { Appended, Storage } from '../../../ports/storage.ts'
import { Admins } from './admins.ts'
import { Appender } from './appender.ts'
import { ConversationKind, type ConversationAppend } from './conversation-appends.ts'
import { MongoConversations } from './conversations.ts'
import { deliver } from './deliver.ts'
import { Driver, START_MS } from './driver.ts'
import { Freshness } from './freshness.ts'
import { Lanes } from './lanes.ts'
import { Listeners } from './listeners.ts'
import { MongoLog } from './log.ts'
import { MongoMembers } from './members.ts'
import { MongoMessages } from './messages.ts'
import { OwnKind, type OwnAnswer, type OwnAppend } from './own-appends.ts'
import { repair } from './repair.ts'
import { MongoCursors, MongoSessions } from './sessions.ts'
import { openStore } from './store.ts'
import { createIndexes, openTables, type Tables } from './tables.ts'
import { MongoUsers } from './users.ts'

export interface MongoOptions {
  url: string
  /** Default: the one that the URL's path names, else `parley`. */
  database?: string
  clock?: () => Date
  ids?: () => string
  fault?: Fault
}

/** Opens the store, makes it if needed, and finishes what a process that died left half-way. */
export async function openMongo(options: MongoOptions): Promise<Storage> {
  const { url, database = databaseOf(url), clock = () => new Date(), ids = () => Bun.randomUUIDv7(), fault } = options
  const driver = new Driver(url, database, { fault })
  try {
    const tables = openTables(driver)
    const { epoch } = await openStore(tables, ids)
    await buildIndexes(url, database, fault)
    return await assemble({ driver, tables, epoch, clock, ids })
  } catch (error) {
    await driver[Symbol.asyncDispose]()
    throw error
  }
}

async function buildIndexes(url: string, database: string, fault: Fault | undefined): Promise<void> {
  await using patient = new Driver(url, database, { fault, limit_ms: START_MS })
  await createIndexes(openTables(patient))
}

interface Parts {
  driver: Driver
  tables: Tables
  epoch: string
  clock: () => Date
  ids: () => string
}

async function assemble({ driver, tables, epoch, clock, ids }: Parts): Promise<Storage> {
  const incarnation = ids()
  const lanes = new Lanes(tables.lanes, incarnation, clock)
  const listeners = new Listeners()
  const shared = { log: tables.log, lanes, incarnation, publish: listeners.publish.bind(listeners) }
  const own_kind = new OwnKind(tables, clock)
  const own = new Appender<OwnAppend, OwnAnswer, KindHead<OwnKind>, KindWork<OwnKind>>({ ...shared, kind: own_kind })
  const kind = new ConversationKind({
    tables,
    clock,
    ids,
    deliver: deliver.bind(null, own),
  })
  const conversations = new Appender<
    ConversationAppend,
    Appended,
    KindHead<ConversationKind>,
    KindWork<ConversationKind>
  >({ ...shared, kind })
  const settle = () => repair(lanes, { conversation: conversations, own })
  await settle()

  const freshness = new Freshness(tables, conversations)
  return {
    epoch,
    users: new MongoUsers(tables, new Admins(tables)),
    sessions: new MongoSessions(tables),
    conversations: new MongoConversations(tables, freshness),
    members: new MongoMembers(tables, freshness),
    messages: new MongoMessages(tables, freshness),
    log: new MongoLog({ tables, conversations, own, listeners }),
    cursors: new MongoCursors(tables),
    async health() {
      await tables.guards.updateOne({ id: 'health', set: { step: 0 }, upsert: true })
    },
    async sweep(now) {
      await settle()
      for (const table of [tables.sessions, tables.tickets, tables.cursors]) {
        await table.delete({ expires_at: { $lte: now } })
      }
    },
    async [Symbol.asyncDispose]() {
      await conversations[Symbol.asyncDispose]()
      await own[Symbol.asyncDispose]()
      const clean = conversations.clean && own.clean && !driver.dead
      if (clean) await lanes.close().catch(() => undefined)
      await driver[Symbol.asyncDispose]()
    },
  }
}

type KindHead<K> = K extends { heads(streams: string[]): Promise<Map<string, infer H>> } ? H : never
type KindWork<K> = K extends { decide(jobs: { work: infer W }[]): Promise<void> } ? Exclude<W, null> : never

function databaseOf(url: string): string {
  return /^mongodb(?:\+srv)?:\/\/[^/?]+\/([^/?]+)/.exec(url)?.[1] ?? 'parley'
}
