import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import type { VapidKeys } from '../domain/push.ts'
import { openOutbound } from '../outbound/request.ts'
import type { Bus } from '../ports/bus.ts'
import type { StoreBackup } from '../ports/backup.ts'
import type { Counting } from '../ports/counting.ts'
import type { Files } from '../ports/files.ts'
import type { MoveSource, MoveTarget } from '../ports/moving.ts'
import type { PushSender } from '../ports/push.ts'
import type { SearchIndex } from '../ports/search.ts'
import type { Storage } from '../ports/storage.ts'
import type { WebhookSender } from '../ports/webhook-sender.ts'
import { LocalNetwork } from './bus/local.ts'
import type { RedisBusOptions } from './bus/redis/open.ts'
import { openMemoryCounting } from './counting/memory.ts'
import { openDiskFiles } from './files/disk/open.ts'
import { readApnsKey, readServiceAccount } from './push/credentials.ts'
import { openLogSender } from './push/log.ts'
import { openPushServices } from './push/open.ts'
import { openFts } from './search/fts/open.ts'
import { awaitRebuild, requestRebuild, type RebuildPatience } from './search/fts/request.ts'
import { openSqliteBackup } from './storage/sqlite/backup.ts'
import { openSqliteSource } from './storage/sqlite/move.ts'
import { openSqlite } from './storage/sqlite/open.ts'
import { openWebhookSender as openSender } from './webhooks/open.ts'

/*
 * Adapters of other servers are loaded where the settings name them: the drivers hold about 25 MB of heap, which the embedded
 * default does without.
 */

/** Picks the adapters that the settings name. `migrated` is called with what opening changed in the form of the store. */
export async function openStorage(
  config: Pick<Config, 'mongodb_url' | 'data_dir'>,
  warn: (message: string) => void = () => undefined,
  migrated: (what: string) => void = () => undefined,
): Promise<Storage> {
  if (config.mongodb_url !== null) {
    const { openMongo } = await import('./storage/mongo/open.ts')
    return openMongo({ url: config.mongodb_url, warn, migrated })
  }
  await mkdir(config.data_dir, { recursive: true, mode: 0o700 })
  return openSqlite({ file: join(config.data_dir, 'parley.sqlite'), migrated })
}

/** Beside servers that have the store open. */
export async function openStoreBackup(config: Pick<Config, 'mongodb_url' | 'data_dir'>): Promise<StoreBackup> {
  if (config.mongodb_url !== null) {
    const { openMongoBackup } = await import('./storage/mongo/backup.ts')
    return openMongoBackup({ url: config.mongodb_url })
  }
  await mkdir(config.data_dir, { recursive: true, mode: 0o700 })
  return openSqliteBackup(join(config.data_dir, 'parley.sqlite'))
}

/** The store of an embedded installation, which no server may have open; read from a copy at this path. */
export function openMoveSource(data_dir: string, copy: string): Promise<MoveSource> {
  return openSqliteSource(join(data_dir, 'parley.sqlite'), copy)
}

export async function openMoveTarget(mongodb_url: string): Promise<MoveTarget> {
  const { openMongoTarget } = await import('./storage/mongo/move.ts')
  return openMongoTarget(mongodb_url)
}

/** A bucket if one is set, else the folder `files` of the data folder. */
export async function openFiles(
  config: Pick<Config, 's3' | 'data_dir'>,
  warn?: (message: string) => void,
): Promise<Files> {
  if (config.s3 !== null) {
    const { openMinioFiles } = await import('./files/minio/open.ts')
    return openMinioFiles({ ...config.s3, ...(warn ? { warn } : {}) })
  }
  return openDiskFiles(join(config.data_dir, 'files'))
}

/** The bytes of files in the folder of a backup. */
export function openFileCopies(folder: string): Promise<Files> {
  return openDiskFiles(join(folder, 'files'))
}

/** Reads the credentials that the settings name; throws if they cannot be used. */
export async function openPush(
  { mode, contact, allow, fcm, apns }: Config['push'],
  keys: VapidKeys,
  clock: () => Date,
  log: (line: object, message: string) => void,
): Promise<PushSender> {
  if (mode === 'log') return openLogSender(log)
  return openPushServices({
    web: { keys, contact, allow, outbound: openOutbound(), clock },
    fcm: fcm && { account: await readServiceAccount(fcm.account_file), url: fcm.url, clock },
    apns: apns && { ...apns, key: await readApnsKey(apns.key_file), clock },
  })
}

export function openWebhookSender(
  { webhook_allow: allow }: Pick<Config, 'webhook_allow'>,
  clock: () => Date,
): WebhookSender {
  return openSender({ allow, outbound: openOutbound(), clock })
}

export async function openBus(
  config: Pick<Config, 'redis_url'>,
  installation: Omit<RedisBusOptions, 'url'>,
): Promise<Bus> {
  if (config.redis_url === null) return new LocalNetwork().join()
  const { openRedisBus } = await import('./bus/redis/open.ts')
  return openRedisBus({ url: config.redis_url, ...installation })
}

/** Counts for all nodes by Redis if it is set, else for this process. */
export async function openCounting(
  config: Pick<Config, 'redis_url'>,
  installation: Omit<RedisBusOptions, 'url' | 'log'>,
): Promise<Counting> {
  if (config.redis_url === null) return openMemoryCounting()
  const { openRedisCounting } = await import('./counting/redis.ts')
  return openRedisCounting({ url: config.redis_url, ...installation })
}

/** Meilisearch if it is set, else an index in the folder `search` of the data folder, for one process. */
export async function openSearch(
  config: Pick<Config, 'meili' | 'data_dir'>,
  { epoch }: Pick<Storage, 'epoch'>,
): Promise<SearchIndex> {
  if (config.meili !== null) {
    const { openMeilisearch } = await import('./search/meilisearch/open.ts')
    return openMeilisearch({ ...config.meili, epoch })
  }
  return openFts({ folder: join(config.data_dir, 'search'), epoch })
}

/**
 * Asks the process that has the embedded index open, or opens it next, to build it anew, and waits for that. `done` is told how
 * many messages are written. `waiting`: no process does it now.
 */
export async function reindexEmbedded(
  { data_dir }: Pick<Config, 'data_dir'>,
  patience: RebuildPatience,
  done: (messages: number) => void,
): Promise<'built' | 'waiting'> {
  const folder = join(data_dir, 'search')
  return awaitRebuild(folder, await requestRebuild(folder), patience, done)
}
