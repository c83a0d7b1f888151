import { moveInstallation } from '../backup/move-installation.ts'
import { readConfig } from '../config.ts'
import { readArguments, UsageError, type Invocation } from './command.ts'
import { showProgress } from './progress.ts'
import { fill } from './reindex.ts'
import { refuse } from './store.ts'

export async function run({ args, environment, say }: Invocation): Promise<number> {
  const { values, positionals } = readArguments(args, { from: { type: 'string' } })
  if (values.from === undefined || positionals.length > 0) throw new UsageError('expected --from FOLDER')
  const config = readConfig(environment)
  const progress = showProgress(process.stderr)
  const began = performance.now()
  const { rows, files } = await moveInstallation(values.from, config, progress).finally(progress.end).catch(refuse)
  const seconds = ((performance.now() - began) / 1_000).toFixed(1)
  say(`Moved and compared: ${rows} rows and ${files} files in ${seconds} s. Start the servers of the new installation.`)
  if (config.meili !== null) say(`The index has ${await fill(config).catch(refuse)} messages.`)
  return 0
}
