import { openFileCopies, openFiles, openStoreBackup } from '../adapters/open.ts'
import type { Config } from '../config.ts'
import { readSecret, secretFile } from '../identity/secret.ts'
import type { Progress } from '../ports/backup.ts'
import { backUp } from './back-up.ts'
import { restore } from './restore.ts'

/** Writes a backup of the installation of the settings into the folder, also while its servers run. */
export async function backUpInstallation(config: Config, folder: string, version: string, progress: Progress) {
  const store = await openStoreBackup(config)
  await using files = await openFiles(config)
  const secret = config.secret === null ? await readSecret(secretFile(config)) : null
  return await backUp({ store, files, folder, copies: () => openFileCopies(folder), secret, version, progress })
}

/** For a store that was put back by other means than `restoreInstallation`: clients fetch everything again. */
export async function renewEpoch(config: Config): Promise<void> {
  await (await openStoreBackup(config)).renewEpoch()
}

/** Puts the backup in the folder into the installation of the settings, which must be empty. */
export async function restoreInstallation(config: Config, folder: string, progress: Progress) {
  const store = await openStoreBackup(config)
  await using files = await openFiles(config)
  const file = secretFile(config)
  const secret = config.secret === null ? { file, kept: await readSecret(file) } : { setting: config.secret }
  return await restore({ store, files, folder, copies: () => openFileCopies(folder), secret, progress })
}
