import type {
  AnyBulkWriteOperation,
  BulkWriteResult,
  Collection,
  CountDocumentsOptions,
  Document,
  Filter,
  FindOptions,
  IndexDescription,
  OptionalUnlessRequiredId,
  UpdateFilter,
  WithId,
} from 'mongodb'
import { Unavailable } from '../../../../ports/storage.ts'
import { BATCH_WRITES, chunksOf, roughSize } from './batches.ts'
import { duplicatesOf, isDuplicate, WRITE_CONFLICT, type Driver } from '../driver.ts'

/** Rows that surely come in one batch. */
const UNSORTED = 100
/** How often a bulk of idempotent writes is repeated that met a write conflict. */
const CONFLICT_TRIES = 4

export interface Row extends Document {
  _id: string
}

/** A collection behind the driver's seam. Filters are built by the adapter from typed scalars only. */
export class Table<T extends Row> {
  readonly #driver: Driver
  readonly #name: string

  constructor(driver: Driver, name: string) {
    this.#driver = driver
    this.#name = name
  }

  find(filter: Filter<T>, options: FindOptions = {}): Promise<WithId<T>[]> {
    return this.#run('find', (collection, limits) => collection.find(filter, { ...options, ...limits }).toArray())
  }

  /** By primary key, in as many commands as it takes. */
  findIds(ids: readonly string[], options: FindOptions = {}): Promise<WithId<T>[]> {
    return this.findIn('_id', ids, options)
  }

  async findIn(field: keyof T & string, values: readonly string[], options: FindOptions = {}): Promise<WithId<T>[]> {
    const chunks = chunksOf([...new Set(values)], () => 0)
    // An answer that may not fit into one batch is sorted: an unsorted cursor can skip what is updated meanwhile.
    const sort = values.length > UNSORTED ? { sort: { _id: 1 as const } } : {}
    const all = { batchSize: BATCH_WRITES, ...sort, ...options }
    const found = await Promise.all(chunks.map(chunk => this.find(isIn<T>(field, chunk), all)))
    return found.flat()
  }

  async findOne(filter: Filter<T>, options: FindOptions = {}): Promise<WithId<T> | null> {
    return (await this.find(filter, { ...options, limit: 1 }))[0] ?? null
  }

  findId(id: string): Promise<WithId<T> | null> {
    return this.findOne(isIn<T>('_id', [id]))
  }

  count(filter: Filter<T>, options: CountDocumentsOptions = {}): Promise<number> {
    return this.#run('count', (collection, limits) => collection.countDocuments(filter, { ...options, ...limits }))
  }

  /** Inserts what is not there yet; gives the ids that were. Sorted, so that two bulks never wait for each other. */
  async insertMissing(
    rows: readonly OptionalUnlessRequiredId<T>[],
    size: (row: OptionalUnlessRequiredId<T>) => number = roughSize,
  ): Promise<Set<string>> {
    const present = new Set<string>()
    const sorted = rows.toSorted((a, b) => (a._id < b._id ? -1 : 1))
    for (const chunk of chunksOf(sorted, size)) {
      const duplicates = await this.#run('insertMany', (collection, limits) =>
        collection.insertMany(chunk, { ordered: false, ...limits }).then(() => [], duplicatesOf),
      )
      for (const index of duplicates) {
        const id = chunk[index]?._id
        if (id !== undefined) present.add(id)
      }
    }
    return present
  }

  /** Insert of one; false if a unique key is taken. */
  async insert(row: OptionalUnlessRequiredId<T>): Promise<boolean> {
    return this.#run('insertOne', (collection, limits) => collection.insertOne(row, limits).then(() => true, taken))
  }

  /**
   * Updates that are idempotent by their guard. A guarded upsert that misses meets the newer row as a duplicate: that is
   * what the guard is for. Gives how many were carried out.
   */
  async update(updates: readonly GuardedUpdate<T>[]): Promise<number> {
    const operations = updates
      .toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
      .map(({ id, guard, set, max, upsert = false }) => ({
        updateOne: {
          filter: { ...guard, _id: exactly(id) } as Filter<T>,
          update: { ...(set ? { $set: set } : {}), ...(max ? { $max: max } : {}) } as UpdateFilter<T>,
          upsert,
        },
      }))
    let carried = 0
    for (const chunk of chunksOf(operations, roughSize)) {
      const result = await this.#bulk(chunk)
      carried += result.matchedCount + result.upsertedCount
    }
    return carried
  }

  async #bulk(
    operations: AnyBulkWriteOperation<T>[],
  ): Promise<Pick<BulkWriteResult, 'matchedCount' | 'upsertedCount'>> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#run('bulkWrite', (collection, limits) =>
          collection.bulkWrite(operations, { ordered: false, ...limits }).catch(partlyDuplicate),
        )
      } catch (error) {
        if (attempt === CONFLICT_TRIES || !isWriteConflict(error)) throw error
      }
    }
  }

  /** Update of one row where a unique key may be in the way. `missed`: no such row isActive, or not as the guard wants it. */
  patch({
    id,
    guard,
    set,
  }: Pick<GuardedUpdate<T>, 'id' | 'guard' | 'set'>): Promise<'patched' | 'missed' | 'duplicate'> {
    const filter = { ...guard, _id: exactly(id) } as Filter<T>
    const update = { $set: set } as UpdateFilter<T>
    return this.#run('updateOne', (collection, limits) =>
      collection.updateOne(filter, update, limits).then(
        ({ matchedCount }) => (matchedCount > 0 ? ('patched' as const) : ('missed' as const)),
        error => {
          taken(error)
          return 'duplicate' as const
        },
      ),
    )
  }

  async updateOne(update: GuardedUpdate<T>): Promise<boolean> {
    return (await this.update([update])) > 0
  }

  /** The row as it was, for the one caller who takes it. */
  take(id: string): Promise<WithId<T> | null> {
    return this.#run('findOneAndDelete', (collection, limits) =>
      collection.findOneAndDelete(isIn<T>('_id', [id]), limits),
    )
  }

  async delete(filter: Filter<T>): Promise<number> {
    return (await this.#run('deleteMany', (collection, limits) => collection.deleteMany(filter, limits))).deletedCount
  }

  async createIndexes(indexes: IndexDescription[]): Promise<void> {
    await this.#run('createIndexes', (collection, limits) => collection.createIndexes(indexes, limits))
  }

  #run<R>(command: string, send: (collection: Collection<T>, limits: { maxTimeMS: number }) => Promise<R>): Promise<R> {
    const name = this.#name
    return this.#driver.run(`${name}.${command}`, (db, limits) => send(db.collection<T>(name), limits))
  }
}

export interface GuardedUpdate<T> {
  id: string
  guard?: Filter<T>
  /** Fields, or paths into them. */
  set?: Partial<T> | Record<string, string>
  max?: Partial<T>
  upsert?: boolean
}

/** The cast: TypeScript does not follow the fields of a generic row into the driver's filters. */
function isIn<T extends Row>(field: keyof T & string, values: readonly string[]): Filter<T> {
  // `$in` also of one: there the stand-in server uses the index, with `$eq` it does not.
  return { [field]: { $in: values } } as unknown as Filter<T>
}

/** Plain equality, which every server finds by its index, and which no object can get into. */
function exactly(id: string): string {
  if (typeof id !== 'string') throw new TypeError('a key is text')
  return id
}

function taken(error: unknown): boolean {
  if (isDuplicate(error)) return false
  throw error
}

function partlyDuplicate(error: unknown): Pick<BulkWriteResult, 'matchedCount' | 'upsertedCount'> {
  duplicatesOf(error)
  return (error as { result: BulkWriteResult }).result
}

function isWriteConflict(error: unknown): boolean {
  if (!(error instanceof Unavailable)) return false
  const { cause } = error
  return typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === WRITE_CONFLICT
}
