import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import type { Storage } from '../ports/storage.ts'
import { openMongo } from './storage/mongo/open.ts'
import { openSqlite } from './storage/sqlite/open.ts'

/** Picks the adapters that the settings name; the only file that knows them all. */
export async function openStorage(
  config: Pick<Config, 'mongodb_url' | 'data_dir'>,
  warn?: (message: string) => void,
): Promise<Storage> {
  if (config.mongodb_url !== null) return openMongo({ url: config.mongodb_url, ...(warn ? { warn } : {}) })
  await mkdir(config.data_dir, { recursive: true, mode: 0o700 })
  return openSqlite({ file: join(config.data_dir, 'parley.sqlite') })
}
