import { NotEmpty } from '../backup/back-up.ts'
import { renewEpoch, restoreInstallation } from '../backup/installation.ts'
import { BadBackup } from '../backup/manifest.ts'
import { readConfig } from '../config.ts'
import { readArguments, Refused, UsageError, type Invocation } from './command.ts'
import { showProgress } from './progress.ts'

export async function run({ args, environment, say }: Invocation): Promise<number> {
  const { values, positionals } = readArguments(args, { 'new-epoch': { type: 'boolean' } })
  const [folder, ...more] = positionals
  if (values['new-epoch'] === true && folder === undefined) {
    await renewEpoch(readConfig(environment))
    say('The store has a new epoch. Clients that return fetch everything again.')
    return 0
  }
  if (folder === undefined || more.length > 0 || values['new-epoch'] === true)
    throw new UsageError('expected FOLDER or --new-epoch')
  const progress = showProgress(process.stderr)
  const restored = await restoreInstallation(readConfig(environment), folder, progress).catch(refuse)
  progress.end()
  const { created_at, files, secret } = restored
  say(
    `Restored the backup of ${created_at}, with ${files.count} files. Clients that return fetch everything again.`,
    ...(secret ? [] : ['The backup has no signing secret: sessions go on with the PARLEY_SECRET of that time only.']),
  )
  return 0
}

function refuse(error: unknown): never {
  if (error instanceof NotEmpty || error instanceof BadBackup) throw new Refused(error.message, { cause: error })
  throw error
}
