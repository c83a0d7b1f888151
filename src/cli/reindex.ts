import { openSearch, reindexEmbedded } from '../adapters/open.ts'
import { readConfig, type Config } from '../config.ts'
import { rebuild } from '../features/search/rebuild.ts'
import { refuseArguments, type Invocation } from './command.ts'
import { showProgress } from './progress.ts'
import { openStore } from './store.ts'

/** A server that runs begins within a second, and completes an index without telling how far it is. */
const PATIENCE = { begin_ms: 10_000, pause_ms: 120_000 }
const WAITING =
  'No server builds the index now. It is built anew when one does, at the latest when it is started; until then searches are answered as before.'

/**
 * Builds the search index anew. The embedded one belongs to the process that has it open, so a server is asked to do it, and waited for;
 * Meilisearch can be filled beside servers.
 */
export async function run({ args, environment, say }: Invocation): Promise<number> {
  refuseArguments(args)
  const config = readConfig(environment)
  if (config.meili === null) {
    const progress = showProgress(process.stderr)
    const done = (messages: number) => progress('messages', messages)
    const state = await reindexEmbedded(config, PATIENCE, done).finally(progress.end)
    say(state === 'built' ? 'The index was built anew.' : WAITING)
  } else say(`The index has ${await fill(config)} messages.`)
  return 0
}

/** Fills Meilisearch from the store, and gives the number of messages. */
export async function fill(config: Config): Promise<number> {
  await using storage = await openStore(config)
  await using index = await openSearch(config, storage)
  const progress = showProgress(process.stderr)
  return await rebuild(index, storage, done => progress('messages', done)).finally(progress.end)
}
