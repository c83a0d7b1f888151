import { Unavailable } from '../../../ports/storage.ts'
import type { StoreRow } from './rows/rows.ts'
import type { Tables } from './rows/tables.ts'

/** Incremented with every change of the stored data that an older server would not understand. */
export const SCHEMA = 2

/** How often a server that does not answer yet is asked at the start, and the pause in between. */
const START_TRIES = 5
const START_PAUSE_MS = 1_000

/** Creates the store if it does not exist; refuses one that a newer server has written. */
export async function openStore(
  tables: Tables,
  ids: () => string,
): Promise<Pick<StoreRow, 'epoch' | 'restored_at' | 'schema'> & { created: boolean }> {
  const created = await tables.store.insert({ _id: 'store', epoch: ids(), schema: SCHEMA })
  const store = await tables.store.findId('store')
  if (!store) throw new Error('the store was removed while it was opened')
  if (store.schema > SCHEMA) {
    throw new Error(`the MongoDB store has schema ${store.schema}, this Parley knows ${SCHEMA}: run the newer one`)
  }
  if (store.unfinished !== undefined) {
    throw new Error(`a ${store.unfinished} into this MongoDB database has not finished: run it again`)
  }
  return { ...store, created }
}

/** Servers and clients are often started together: waits for one that is not there yet, for a bounded time. */
export async function awaitServer<T>(open: () => Promise<T>, warn: (message: string) => void): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await open()
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
      const reason = `MongoDB does not answer (try ${attempt} of ${START_TRIES}): ${error.message}`
      if (attempt === START_TRIES) throw new Unavailable(reason, { cause: error })
      warn(reason)
      await Bun.sleep(START_PAUSE_MS)
    }
  }
}
