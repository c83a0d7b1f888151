import { CommitListeners } from '../../../domain/log/commit-listeners.ts'
import type { Storage } from '../../../ports/storage.ts'
import { Admins } from './admins.ts'
import { Appender } from './flush/appender.ts'
import { ConversationStream, type ConversationFlush } from './flush/conversation-stream.ts'
import { MongoContacts } from './contacts.ts'
import { MongoInvites } from './invites.ts'
import { MongoConversations } from './conversations.ts'
import { deliver } from './flush/deliver.ts'
import { MongoDevices } from './devices.ts'
import { Driver, START_MS } from './driver.ts'
import { MongoFiles } from './files.ts'
import { FileHolds } from './flush/file-holds.ts'
import { Quotas } from './quotas.ts'
import { ReadConsistency } from './read-consistency.ts'
import { Following } from './following.ts'
import { MongoFollowers } from './followers.ts'
import { MongoJobs, MongoOwners } from './jobs.ts'
import { MongoRollups } from './rollups.ts'
import { InFlightLeases } from './flush/leases.ts'
import { Listeners } from './listeners.ts'
import { MongoLog } from './log.ts'
import { MongoMembers } from './members.ts'
import { MongoMessages } from './messages.ts'
import { UserStream, type UserFlush } from './flush/user-stream.ts'
import { Health } from './health.ts'
import { MongoNodes } from './nodes.ts'
import { MongoNotices } from './notices.ts'
import { MongoPreferences } from './preferences.ts'
import { repair } from './flush/repair.ts'
import { MongoCursors, MongoSessions } from './sessions.ts'
import { awaitServer, openStore, SCHEMA } from './store.ts'
import { upgrade } from './upgrade.ts'
import type { LogRow } from './rows/rows.ts'
import { createIndexes, openTables, type Tables } from './rows/tables.ts'
import { MongoApiKeys } from './api-keys.ts'
import { MongoStatuses } from './statuses.ts'
import { SWEEPS, sweepRemoved } from './sweep.ts'
import { sweepFiles } from './sweep-files.ts'
import { MongoUploads } from './uploads.ts'
import { MongoUsers } from './users.ts'
import { MongoWebhooks } from './webhooks.ts'

export interface MongoOptions {
  url: string
  /** Default: the one that the URL's path names, else `parley`. */
  database?: string
  clock?: () => Date
  ids?: () => string
  /** Hears of each try to reach a server that does not answer at the start, and of what fails beside calls. */
  warn?: (message: string) => void
  /** Called if opening created or upgraded the store. */
  migrated?: (what: string) => void
  /** How its drivers are made: one for each set of limits. */
  connect?: (...args: ConstructorParameters<typeof Driver>) => Driver
}

/** Opens the store, creates or upgrades it if needed, and completes the flushes of processes that died. */
export async function openMongo(options: MongoOptions): Promise<Storage> {
  const { url, database = databaseOf(url), clock = () => new Date(), ids = () => Bun.randomUUIDv7() } = options
  const { connect = (...args) => new Driver(...args), warn = () => undefined, migrated } = options
  const driver = connect(url, database)
  const follower = new Driver(url, database)
  try {
    const tables = openTables(driver)
    const { epoch, restored_at = null, schema, created } = await awaitServer(() => openStore(tables, ids), warn)
    await awaitServer(() => prepare(connect(url, database, { limit_ms: START_MS }), schema), warn)
    if (created) migrated?.(`MongoDB: created with schema ${SCHEMA}`)
    else if (schema < SCHEMA) migrated?.(`MongoDB: upgraded from schema ${schema} to ${SCHEMA}`)
    return await assemble({ driver, follower, tables, epoch, restored_at, clock, ids, warn })
  } catch (error) {
    await follower[Symbol.asyncDispose]()
    await driver[Symbol.asyncDispose]()
    throw error
  }
}

/** Commands that may take longer than others. */
async function prepare(driver: Driver, schema: number): Promise<void> {
  await using patient = driver
  const tables = openTables(patient)
  if (schema < SCHEMA) await upgrade(patient)
  await createIndexes(tables)
  await tables.store.updateOne({ id: 'store', guard: { schema: { $lt: SCHEMA } }, set: { schema: SCHEMA } })
}

interface Parts {
  driver: Driver
  /** Another one: following goes on while calls use up the connections of `driver`. */
  follower: Driver
  tables: Tables
  epoch: string
  restored_at: string | null
  clock: () => Date
  ids: () => string
  warn: (message: string) => void
}

async function assemble({ driver, follower, tables, epoch, restored_at, clock, ids, warn }: Parts): Promise<Storage> {
  const instance_id = ids()
  const leases = new InFlightLeases(tables.leases, instance_id, clock)
  const listeners = new Listeners()
  const ended = new CommitListeners<string>()
  const following = new Following({
    tables: openTables(follower),
    instance_id,
    committed: rows => listeners.publish(rows, true),
    ended: session_ids => ended.notify(session_ids),
    settle: () => settle(),
    warn,
  })
  const notify = (rows: readonly LogRow[]) => {
    listeners.publish(rows)
    following.committed(rows)
  }
  const shared = { log: tables.log, leases, instance_id, notify }
  const users = new Appender<UserFlush>({ ...shared, type: new UserStream(tables, clock) })
  const holds = new FileHolds(tables, clock, ids)
  const type = new ConversationStream({ tables, clock, ids, holds, deliver: deliver.bind(null, users) })
  const conversations = new Appender<ConversationFlush>({ ...shared, type })
  const settle = () => repair(leases, { conversation: conversations, user: users })
  await settle()
  await awaitServer(() => following.open(), warn)

  const health = new Health(tables.guards)
  const consistency = new ReadConsistency(tables, conversations)
  const quotas = new Quotas(tables, clock)
  return {
    epoch,
    restored_at,
    users: new MongoUsers(tables, new Admins(tables), holds),
    sessions: new MongoSessions(tables, following, ended),
    conversations: new MongoConversations(tables, consistency),
    members: new MongoMembers(tables, consistency),
    messages: new MongoMessages(tables, consistency),
    log: new MongoLog({ tables, conversations, users, listeners, followers: new MongoFollowers(tables, clock) }),
    invites: new MongoInvites(tables, consistency),
    cursors: new MongoCursors(tables),
    contacts: new MongoContacts(tables),
    statuses: new MongoStatuses(tables),
    apiKeys: new MongoApiKeys(tables),
    webhooks: new MongoWebhooks(tables, ids),
    devices: new MongoDevices(tables),
    notices: new MongoNotices(tables),
    uploads: new MongoUploads(tables, quotas),
    jobs: new MongoJobs(tables, ids),
    owners: new MongoOwners(tables),
    nodes: new MongoNodes(tables, instance_id, following),
    rollups: new MongoRollups(tables),
    preferences: new MongoPreferences(tables),
    files: new MongoFiles(tables, consistency, quotas),
    health: health.check.bind(health),
    async sweep(now) {
      await settle()
      for (const sweep of Object.values(SWEEPS)) await sweep(tables, now)
      await sweepRemoved(tables, now)
      await sweepFiles(tables, now)
    },
    async [Symbol.asyncDispose]() {
      await conversations[Symbol.asyncDispose]()
      await users[Symbol.asyncDispose]()
      // Rows that this process cannot remove here are removed by another one once its heartbeat is old.
      if (conversations.clean && users.clean) await leases.close().catch(() => undefined)
      await following[Symbol.asyncDispose]().catch(() => undefined)
      await follower[Symbol.asyncDispose]()
      await driver[Symbol.asyncDispose]()
    },
  }
}

export function databaseOf(url: string): string {
  return /^mongodb(?:\+srv)?:\/\/[^/?]+\/([^/?]+)/.exec(url)?.[1] ?? 'parley'
}
