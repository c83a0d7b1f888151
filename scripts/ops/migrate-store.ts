/**
 * Moves an embedded installation to the full stack: `bun scripts/ops/migrate-store.ts --from DATA_FOLDER`, with the settings of
 * the new installation in the environment (`MONGODB_URL`, `S3_…`, `MEILI_URL`, `PARLEY_DATA_DIR`). The old server must be
 * stopped; its folder is not changed. Interrupted, it goes on when it is started again (docs/deploy.md).
 */
import { parseArgs } from 'node:util'
import { openSearch, openStorage } from '../../src/adapters/open.ts'
import { moveInstallation } from '../../src/backup/move-installation.ts'
import { showProgress } from '../../src/cli/progress.ts'
import { readConfig } from '../../src/config.ts'
import { rebuild } from '../../src/features/search/rebuild.ts'

const { values } = parseArgs({ options: { from: { type: 'string' } } })
if (values.from === undefined) throw new Error('--from names the data folder of the embedded installation')
const config = readConfig(process.env)
const progress = showProgress(process.stderr)
const began = performance.now()
try {
  const { rows, files } = await moveInstallation(values.from, config, progress)
  progress.end()
  const seconds = (performance.now() - began) / 1_000
  console.log(
    `Moved and compared: ${rows} rows and ${files} files in ${seconds.toFixed(1)} s. Start the servers of the new installation.`,
  )
  if (config.meili !== null) {
    await using storage = await openStorage(config)
    await using index = await openSearch(config, storage)
    console.log(`Indexed: ${await rebuild(index, storage, done => progress('index', done))} messages.`)
  }
} catch (error) {
  progress.end()
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
progress.end()
