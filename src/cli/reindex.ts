import { requestReindex, openSearch } from '../adapters/open.ts'
import { readConfig, type Config } from '../config.ts'
import { rebuild } from '../features/search/rebuild.ts'
import { refuseArguments, type Invocation } from './command.ts'
import { showProgress } from './progress.ts'
import { openStore } from './store.ts'

/**
 * Builds the search index anew. The embedded one belongs to the process that has it open, so a server is asked to do it;
 * Meilisearch can be filled beside servers.
 */
export async function run({ args, environment, say }: Invocation): Promise<number> {
  refuseArguments(args)
  const config = readConfig(environment)
  if (config.meili === null) {
    await requestReindex(config)
    say('The server builds the index anew now, or when it is started. Until then searches are answered as before.')
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
