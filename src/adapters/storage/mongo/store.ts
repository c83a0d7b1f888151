import type { Tables } from './rows/tables.ts'

/** Moves with every change to what lies in the database that an older binary would not understand. */
export const SCHEMA = 1

/** Makes the store if it is not there; refuses one that a newer binary has written. */
export async function openStore(tables: Tables, ids: () => string): Promise<{ epoch: string }> {
  await tables.store.insert({ _id: 'store', epoch: ids(), schema: SCHEMA })
  const store = await tables.store.findId('store')
  if (!store) throw new Error('the store was removed while it was opened')
  if (store.schema > SCHEMA) {
    throw new Error(`the MongoDB store has schema ${store.schema}, this Parley knows ${SCHEMA}: run the newer one`)
  }
  return { epoch: store.epoch }
}
