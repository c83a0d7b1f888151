import { openStorage } from '../adapters/open.ts'
import { blaming, type Config } from '../config.ts'
import type { Storage } from '../ports/storage.ts'

/**
 * The store of the settings, migrated as by a start of the server. `migrated` is called with what that changed. While a server
 * runs on a store in SQLite this fails; one in MongoDB is shared.
 */
export function openStore(config: Config, migrated?: (what: string) => void): Promise<Storage> {
  const setting = config.mongodb_url === null ? 'PARLEY_DATA_DIR' : 'MONGODB_URL'
  return blaming(setting, () => openStorage(config, undefined, migrated))
}
