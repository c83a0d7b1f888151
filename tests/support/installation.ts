import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfig, type Config } from '../../src/config.ts'
import { dropBucket, s3Access } from './minio.ts'
import { ADMIN, databaseUrl, dropDatabase, stack } from './server.ts'

/** The places of an installation that does not exist yet: its settings name them. */
export interface Installation extends AsyncDisposable {
  folder: string
  database: string
  settings: Record<string, string>
  config: Config
  /** Removes everything that it has stored. */
  destroy(): Promise<void>
}

/** On the stack under test, or on the given one. */
export async function newInstallation(on: typeof stack = stack): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-installation-'))
  const database = `parley_test_${crypto.randomUUID().replaceAll('-', '')}`
  const bucket = `parley-test-${crypto.randomUUID()}`
  const access = on === 'mongo' ? s3Access() : null
  const settings = {
    PARLEY_DATA_DIR: folder,
    PARLEY_ADMIN_USERNAME: ADMIN.username,
    PARLEY_ADMIN_PASSWORD: ADMIN.password,
    // Server processes of tests have the environment of the tests, too: an empty value counts as not set.
    ...(on === 'mongo' ? { MONGODB_URL: databaseUrl(database) } : { MONGODB_URL: '', S3_ENDPOINT: '', REDIS_URL: '' }),
    ...(access
      ? {
          S3_ENDPOINT: access.endpoint,
          S3_ACCESS_KEY: access.access_key,
          S3_SECRET_KEY: access.secret_key,
          S3_BUCKET: bucket,
        }
      : {}),
  }
  async function destroy(): Promise<void> {
    await rm(folder, { recursive: true, force: true })
    if (on === 'mongo') await dropDatabase(database)
    if (access) await dropBucket(bucket)
  }
  return { folder, database, settings, config: readConfig(settings), destroy, [Symbol.asyncDispose]: destroy }
}
