import manifest from '../../package.json' with { type: 'json' }
import { backUpInstallation } from '../backup/installation.ts'
import { readConfig } from '../config.ts'
import { readArguments, UsageError, type Invocation } from './command.ts'
import { showProgress } from './progress.ts'
import { refuse } from './store.ts'

export async function run({ args, environment, say }: Invocation): Promise<number> {
  const { values, positionals } = readArguments(args, { to: { type: 'string' } })
  if (values.to === undefined || positionals.length > 0) throw new UsageError('expected --to FOLDER')
  const progress = showProgress(process.stderr)
  const config = readConfig(environment)
  const { rows, files } = await backUpInstallation(config, values.to, manifest.version, progress)
    .finally(progress.end)
    .catch(refuse)
  const count = Object.values(rows).reduce((sum, each) => sum + each, 0)
  say(
    `Backup: ${values.to}, ${count} rows and ${files.count} files (${files.bytes} bytes)`,
    ...(config.secret === null ? [] : ['PARLEY_SECRET is a setting and not in it: keep it with the settings.']),
  )
  return 0
}
