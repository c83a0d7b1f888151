import { renewEpoch, restoreInstallation } from '../backup/installation.ts'
import { readConfig } from '../config.ts'
import { readArguments, UsageError, type Invocation } from './command.ts'
import { showProgress } from './progress.ts'
import { refuse } from './store.ts'

export async function run({ args, environment, say }: Invocation): Promise<number> {
  const { values, positionals } = readArguments(args, { 'new-epoch': { type: 'boolean' } })
  const [folder, ...more] = positionals
  if (values['new-epoch'] === true && folder === undefined) {
    await renewEpoch(readConfig(environment)).catch(refuse)
    say('The store has a new epoch. Clients that return fetch everything again.')
    return 0
  }
  if (folder === undefined || more.length > 0 || values['new-epoch'] === true)
    throw new UsageError('expected FOLDER or --new-epoch')
  const progress = showProgress(process.stderr)
  const { created_at, files, secret } = await restoreInstallation(readConfig(environment), folder, progress)
    .finally(progress.end)
    .catch(refuse)
  say(
    `Restored the backup of ${created_at}, with ${files.count} files. Clients that return fetch everything again.`,
    ...(secret ? [] : ['The backup has no signing secret: sessions go on with the PARLEY_SECRET of that time only.']),
  )
  return 0
}
