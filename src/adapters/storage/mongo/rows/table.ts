import {
  MongoServerError,
  type AnyBulkWriteOperation,
  type BulkWriteResult,
  type Collection,
  type Document,
  type Filter,
  type FindOptions,
  type IndexDescription,
  type OptionalUnlessRequiredId,
  type UpdateFilter,
  type WithId,
} from 'mongodb'
import { Unavailable } from '../../../../ports/storage.ts'
import { chunksOf, roughSize } from './batches.ts'
import { duplicatesOf, isDuplicate, WRITE_CONFLICT, type Driver } from '../driver.ts'

/** Rows that always fit into one batch. */
const UNSORTED = 100
/** Values of one read, and rows of one batch of its answer. */
const READ_ROWS = 10_000
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
    return this.#run('find', (collection, limits) =>
      collection.find(filter, { batchSize: READ_ROWS, ...options, ...limits }).toArray(),
    )
  }

  /** By primary key. */
  findIds(ids: readonly string[], options: FindOptions = {}): Promise<WithId<T>[]> {
    return this.findIn('_id', ids, options)
  }

  /** One command per 10,000 values, one after the other, so that no call uses the whole pool. */
  async findIn(field: keyof T & string, values: readonly string[], options: FindOptions = {}): Promise<WithId<T>[]> {
    const distinct = [...new Set(values)]
    const found: WithId<T>[] = []
    for (let start = 0; start < distinct.length; start += READ_ROWS) {
      const chunk = distinct.slice(start, start + READ_ROWS)
      // An answer that may not fit into one batch is sorted: an unsorted cursor can skip what is updated meanwhile.
      const sort = chunk.length > UNSORTED ? { sort: { _id: 1 as const } } : {}
      found.push(...(await this.find(isIn<T>(field, chunk), { ...sort, ...options })))
    }
    return found
  }

  /** How many rows match, by group. */
  async countBy(field: keyof T & string, filter: Filter<T>): Promise<Map<string, number>> {
    const pipeline = [{ $match: filter }, { $group: { _id: `$${field}`, n: { $sum: 1 } } }]
    const groups = await this.#run('aggregate', (collection, limits) =>
      collection.aggregate<{ _id: string; n: number }>(pipeline, { batchSize: READ_ROWS, ...limits }).toArray(),
    )
    return new Map(groups.map(({ _id, n }) => [_id, n]))
  }

  /** The sum of a field over the rows that match, by group. */
  async sumBy(field: keyof T & string, summed: keyof T & string, filter: Filter<T>): Promise<Map<string, number>> {
    const pipeline = [{ $match: filter }, { $group: { _id: `$${field}`, n: { $sum: `$${summed}` } } }]
    const groups = await this.#run('aggregate', (collection, limits) =>
      collection.aggregate<{ _id: string; n: number }>(pipeline, { batchSize: READ_ROWS, ...limits }).toArray(),
    )
    return new Map(groups.map(({ _id, n }) => [_id, n]))
  }

  async findOne(filter: Filter<T>, options: FindOptions = {}): Promise<WithId<T> | null> {
    return (await this.find(filter, { ...options, limit: 1 }))[0] ?? null
  }

  findId(id: string): Promise<WithId<T> | null> {
    return this.findOne(isIn<T>('_id', [id]))
  }

  /** Inserts the rows that do not exist yet; returns the ids of those that did. Sorted, so that two bulks never deadlock. */
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
   * Updates that are idempotent by their guard. A guarded upsert whose row is newer fails as a duplicate, which is intended.
   * Returns how many were carried out.
   */
  async update(updates: readonly GuardedUpdate<T>[]): Promise<number> {
    const operations = updates
      .toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
      .map(({ id, guard, set, max, min, unset = [], upsert = false }) => ({
        updateOne: {
          filter: { ...guard, _id: exactly(id) } as Filter<T>,
          update: {
            ...(set ? { $set: set } : {}),
            ...(max ? { $max: max } : {}),
            ...(min ? { $min: min } : {}),
            ...(unset.length > 0 ? { $unset: Object.fromEntries(unset.map(field => [field, ''])) } : {}),
          } as UpdateFilter<T>,
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

  /** Updates of many rows each, all in one command. They must be idempotent. */
  async updateMany(updates: readonly { filter: Filter<T>; set: Partial<T> }[]): Promise<void> {
    const operations = updates.map(({ filter, set }) => ({
      updateMany: { filter, update: { $set: set } },
    }))
    for (const chunk of chunksOf(operations, roughSize)) await this.#bulk(chunk)
  }

  /** Updates one row that has unique keys. `missed`: there is no such row, or it does not match the guard. */
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

  /** Adds to numbers of one row, if it matches the guard. Not idempotent: with an unknown outcome it may have happened. */
  add({
    id,
    guard,
    set,
    add,
  }: Pick<GuardedUpdate<T>, 'id' | 'guard' | 'set'> & { add: Partial<Record<keyof T, number>> }): Promise<boolean> {
    const filter = { ...guard, _id: exactly(id) } as Filter<T>
    const update = { ...(set ? { $set: set } : {}), $inc: add } as unknown as UpdateFilter<T>
    return this.#run('updateOne', (collection, limits) =>
      collection.updateOne(filter, update, limits).then(({ matchedCount }) => matchedCount > 0),
    )
  }

  /** Deletes the row and returns it, to one caller only. */
  take(id: string): Promise<WithId<T> | null> {
    return this.#run('findOneAndDelete', (collection, limits) =>
      collection.findOneAndDelete(isIn<T>('_id', [id]), limits),
    )
  }

  async delete(filter: Filter<T>): Promise<number> {
    return (await this.#run('deleteMany', (collection, limits) => collection.deleteMany(filter, limits))).deletedCount
  }

  /** Drops an index that may be absent. */
  async dropIndex(name: string): Promise<void> {
    await this.#run('dropIndex', (collection, limits) => collection.dropIndex(name, limits).catch(absent))
  }

  /** Drops the collection, which may be absent. */
  async drop(): Promise<void> {
    await this.#run('drop', collection => collection.drop().catch(absent))
  }

  /** Rows in the order of their primary keys, some at a time. */
  async *pages(range: { $gte: string; $lt: string } | null, rows: number): AsyncGenerator<WithId<T>[]> {
    let after: string | null = null
    for (;;) {
      const _id = { ...range, ...(after === null ? {} : { $gt: after }) }
      const filter = (Object.keys(_id).length > 0 ? { _id } : {}) as Filter<T>
      const page = await this.find(filter, { sort: { _id: 1 }, limit: rows, batchSize: rows })
      if (page.length > 0) yield page
      const last = page.at(-1)
      if (!last || page.length < rows) return
      after = last._id
    }
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
  min?: Partial<T>
  unset?: readonly (keyof T & string)[]
  upsert?: boolean
}

/** The cast: TypeScript does not follow the fields of a generic row into the driver's filters. */
function isIn<T extends Row>(field: keyof T & string, values: readonly string[]): Filter<T> {
  // `$in` also for one value: with `$eq` the stand-in server does not use the index.
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

/** No such namespace, no such index. */
function absent(error: unknown): void {
  if (error instanceof MongoServerError && (error.code === 26 || error.code === 27)) return
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
