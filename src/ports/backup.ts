/**
 * Copies a store into files and back. Promises of every adapter:
 *
 * - `save` runs while servers read and write the store, and neither stops nor delays them beyond the reading. The copy has
 *   everything that was acknowledged before the call. What was acknowledged during the call is in it whole or not at all, each
 *   change by itself.
 * - `load` fills an empty store. Until it resolves no server can open it. A `load` that was interrupted is begun anew by the
 *   next one. The store has a new epoch then, and what is derived (search, analytics) is built anew by the server.
 */
export interface StoreBackup {
  /** Only a store of the same kind takes the files back. */
  readonly kind: 'sqlite' | 'mongodb'
  /** Whether there is nothing that `load` would replace. */
  isEmpty(): Promise<boolean>
  /** Writes files into the folder, which exists and is empty, and syncs them. Gives how many rows of each kind there are. */
  save(folder: string, progress: Progress): Promise<SavedStore>
  /** Takes what `save` has given and written. Rejects with `StoreRefused` if this version cannot take it. */
  load(folder: string, saved: SavedStore, progress: Progress): Promise<void>
  /** Gives a store that was restored by other means a new epoch. Rejects with `StoreRefused` if there is none, or on SQLite if a server has it open. */
  renewEpoch(): Promise<void>
}

export interface SavedStore {
  kind: StoreBackup['kind']
  /** The version of the stored form. */
  schema: number
  epoch: string
  counts: Record<string, number>
}

/** The store cannot do what it was asked for. The message is for the operator. */
export class StoreRefused extends Error {
  override readonly name = 'StoreRefused'
}

/** Is told of each step how much is done, and of how much if that is known. */
export type Progress = (step: string, done: number, total?: number) => void
