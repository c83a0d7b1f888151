import { openStorage } from '../adapters/open.ts'
import { blaming, type Config } from '../config.ts'
import { NotEmpty } from '../backup/back-up.ts'
import { BadBackup } from '../backup/manifest.ts'
import { Different } from '../backup/move.ts'
import { StoreRefused } from '../ports/backup.ts'
import { Unavailable, type Storage } from '../ports/storage.ts'
import { Refused } from './command.ts'

/**
 * The store of the settings, migrated as by a start of the server. `migrated` is called with what that changed. While a server
 * runs on a store in SQLite this fails; one in MongoDB is shared.
 */
export function openStore(config: Config, migrated?: (what: string) => void): Promise<Storage> {
  const setting = config.mongodb_url === null ? 'PARLEY_DATA_DIR' : 'MONGODB_URL'
  return blaming(setting, () => openStorage(config, undefined, migrated))
}

/** Throws what ended a backup, a restore or a move: as `Refused` if an operator can act on its message. */
export function refuse(error: unknown): never {
  const expected = [NotEmpty, BadBackup, Different, StoreRefused, Unavailable]
  if (error instanceof Error && expected.some(each => error instanceof each))
    throw new Refused(error.message, { cause: error })
  throw error
}
