import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openFiles, openMoveSource, openMoveTarget } from '../adapters/open.ts'
import { ConfigError, type Config } from '../config.ts'
import { readSecret, secretFile } from '../identity/secret.ts'
import type { Progress } from '../ports/backup.ts'
import { writePrivate } from './manifest.ts'
import { Different, move } from './move.ts'

/**
 * Copies the embedded installation in the folder to the MongoDB store and the place of files that the settings name. The epoch
 * and the signing secret stay, so that sessions and clients go on. The search index is not copied.
 */
export async function moveInstallation(folder: string, config: Config, progress: Progress) {
  if (config.mongodb_url === null) throw new ConfigError('MONGODB_URL: must name the store to move to')
  await mkdir(config.data_dir, { recursive: true, mode: 0o700 })
  await using source = await openMoveSource(folder, join(config.data_dir, 'moving.sqlite'))
  await carrySecret(folder, config)
  await using target = await openMoveTarget(config.mongodb_url)
  await using from = await openFiles({ s3: null, data_dir: folder })
  await using to = await openFiles(config)
  return await move({ source, target, from, to, progress })
}

async function carrySecret(folder: string, config: Config): Promise<void> {
  const secret = await readSecret(secretFile({ data_dir: folder }))
  if (secret === null) return
  const file = secretFile(config)
  const present = config.secret ?? (await readSecret(file))
  if (present === null) await writePrivate(file, secret)
  else if (present !== secret)
    throw new Different(
      `${config.secret === null ? file : 'PARLEY_SECRET'} is not the signing secret of ${folder}: no session would go on`,
    )
}
