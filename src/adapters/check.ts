import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Config } from '../config.ts'
import { openRedisBus } from './bus/redis/open.ts'
import { S3 } from './files/minio/client.ts'
import { readApnsKey, readServiceAccount } from './push/credentials.ts'
import { Engine } from './search/meilisearch/engine.ts'
import { Driver } from './storage/mongo/driver.ts'

/** Asks for what a setting names. Rejects if that cannot be used. */
export interface Check {
  setting: string
  run(): Promise<unknown>
}

/** A check for each dependency that the settings name. None changes anything there. */
export function checksOf({ data_dir, mongodb_url, s3, redis_url, meili, push }: Config): Check[] {
  const checks: Check[] = [{ setting: 'PARLEY_DATA_DIR', run: () => checkFolder(resolve(data_dir)) }]
  if (mongodb_url !== null) checks.push({ setting: 'MONGODB_URL', run: () => checkMongo(mongodb_url) })
  if (s3) checks.push({ setting: 'S3_ENDPOINT', run: () => checkBucket(s3) })
  if (redis_url !== null) checks.push({ setting: 'REDIS_URL', run: () => checkRedis(redis_url) })
  if (meili) checks.push({ setting: 'MEILI_URL', run: () => checkMeili(meili) })
  if (push.fcm)
    checks.push({ setting: 'PARLEY_FCM_ACCOUNT', run: readServiceAccount.bind(null, push.fcm.account_file) })
  if (push.apns) checks.push({ setting: 'PARLEY_APNS_KEY', run: readApnsKey.bind(null, push.apns.key_file) })
  return checks
}

/** That the folder, or where it is missing the one in which it will be made, can be written. */
async function checkFolder(folder: string): Promise<void> {
  try {
    // With the dot it fails for what is not a folder.
    await access(`${folder}/.`, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (!missing || dirname(folder) === folder) throw error
    await checkFolder(dirname(folder))
  }
}

async function checkMongo(url: string): Promise<void> {
  await using driver = new Driver(url, 'admin')
  await driver.run('ping', (db, { maxTimeMS }) => db.command({ ping: 1, maxTimeMS }))
}

/** Also without the bucket: a start creates it. */
async function checkBucket({ bucket, ...access }: NonNullable<Config['s3']>): Promise<void> {
  await new S3(access).run('look for the bucket', client => client.bucketExists(bucket))
}

async function checkRedis(url: string): Promise<void> {
  const bus = await openRedisBus({ url, secret: 'check', namespace: 'check', log: () => undefined })
  await bus[Symbol.asyncDispose]()
}

/** Also without the index: a start creates it. */
async function checkMeili({ index, ...server }: NonNullable<Config['meili']>): Promise<void> {
  const engine = new Engine(server)
  await engine.read(index, each => each.getStats())
}
