import type { Kept, OutboxStore } from '../outbox-store.ts'
import { HEAD, isTaken, type StorePersistence } from './persistence.ts'

const RECORDS = 'records'
const OUTBOX = 'outbox'
/** A database that has not opened by then counts as broken. */
const OPEN_MS = 5_000

/** Keeps a store and an outbox in a database of the browser, which tabs share. Without one, or if it is broken, nothing is kept. */
export function indexedDb(name = 'parley'): StorePersistence & { readonly outbox: OutboxStore } {
  let opening: Promise<IDBDatabase> | null = null

  /** Runs requests in one transaction, and resolves when it is complete. */
  async function transact<T>(
    store: string,
    mode: IDBTransactionMode,
    work: (records: IDBObjectStore) => () => T,
  ): Promise<T> {
    opening ??= open(name)
    const database = await opening.catch((error: unknown) => {
      opening = null
      throw error
    })
    database.onclose = database.onversionchange = () => {
      database.close()
      opening = null
    }
    const transaction = database.transaction(store, mode)
    const result = work(transaction.objectStore(store))
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(result())
      transaction.onabort = transaction.onerror = () => reject(transaction.error ?? new Error('aborted'))
    })
  }

  return {
    load: user_id =>
      transact(RECORDS, 'readonly', records => {
        const [keys, values] = [records.getAllKeys(rangeOf(user_id)), records.getAll(rangeOf(user_id))]
        // Cast: keys are made by `keyOf`.
        return () =>
          new Map(keys.result.map((key, index) => [(key as string[])[1] ?? '', values.result[index] as unknown]))
      }),
    save: (user_id, changes, whole) =>
      transact(RECORDS, 'readwrite', records => {
        let saved = true
        const there = records.get([user_id, HEAD])
        there.onsuccess = () => {
          saved = !isTaken(there.result, changes.get(HEAD), whole)
          if (!saved) return
          if (whole) records.delete(rangeOf(user_id, 'c '))
          for (const [key, value] of changes)
            if (value === undefined) records.delete([user_id, key])
            else records.put(value, [user_id, key])
        }
        return () => saved
      }),
    clear: user_id =>
      transact(RECORDS, 'readwrite', records => {
        records.delete(rangeOf(user_id))
        return () => undefined
      }),
    outbox: {
      load: () =>
        transact(OUTBOX, 'readonly', records => {
          const all = records.getAll()
          return () => all.result as Kept[]
        }).catch(() => []),
      put: kept =>
        transact(OUTBOX, 'readwrite', records => {
          records.put(kept, kept.client_id)
          return () => undefined
        }),
      delete: client_id =>
        transact(OUTBOX, 'readwrite', records => {
          records.delete(client_id)
          return () => undefined
        }),
    },
  }
}

/** Of a user's records, those whose key begins so. */
function rangeOf(user_id: string, prefix = ''): IDBKeyRange {
  return IDBKeyRange.bound([user_id, prefix], [user_id, `${prefix}\uffff`])
}

function open(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const failed = (why: unknown) =>
      reject(why instanceof Error ? why : new Error(`the database ${name} cannot be opened`))
    let late = false
    const timer = setTimeout(() => {
      late = true
      failed(null)
    }, OPEN_MS)
    // Throws where the platform has none.
    const request = indexedDB.open(name, 1)
    request.onupgradeneeded = () => {
      for (const store of [RECORDS, OUTBOX]) request.result.createObjectStore(store)
    }
    request.onerror = () => failed(request.error)
    request.onblocked = failed
    request.onsuccess = () => {
      clearTimeout(timer)
      if (late) request.result.close()
      resolve(request.result)
    }
  })
}
