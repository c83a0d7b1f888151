import { MongoClient, MongoError, MongoBulkWriteError, MongoServerError, type Db } from 'mongodb'
import { Unavailable } from '../../../ports/storage.ts'

const SERVER_SELECTION_MS = 2_000
const CONNECT_MS = 2_000
/** How soon a server is asked again after it failed: what was cut off is settled by asking it. */
const RECHECK_MS = 100
const WAIT_QUEUE_MS = 2_000
const MAX_POOL = 24
const MAX_CONNECTING = 4
/** Every command is answered within this time, if only by `Unavailable`. */
const COMMAND_MS = 2_500
/** Building an index takes longer: only at the start, by a driver of its own. */
export const START_MS = 600_000
/** How long a connection may be silent beyond what a command may take, before it is closed: the deadline answers first. */
const SILENCE_MS = 7_500

/** Server codes that say "not now": no primary, shutting down, interrupted, out of time, write conflict, disk full. */
const TRANSIENT = new Set([
  6, 7, 24, 50, 64, 89, 91, 112, 189, 262, 9001, 10107, 11600, 11602, 13388, 13435, 13436, 14031,
])
export const WRITE_CONFLICT = 112
const DUPLICATE = 11_000

export interface DriverOptions {
  /** How long a command may take. */
  limit_ms?: number
}

/** Nothing is sent any more: retrying is pointless. */
export class Closed extends Unavailable {}

/** Every command goes through it: gives it a deadline and turns what the driver throws into the port's errors. */
export class Driver implements AsyncDisposable {
  readonly #client: MongoClient
  readonly #limit_ms: number
  readonly db: Db
  #closed = false

  constructor(url: string, database: string, { limit_ms = COMMAND_MS }: DriverOptions = {}) {
    this.#client = new MongoClient(url, {
      serverSelectionTimeoutMS: SERVER_SELECTION_MS,
      connectTimeoutMS: CONNECT_MS,
      minHeartbeatFrequencyMS: RECHECK_MS,
      socketTimeoutMS: limit_ms + SILENCE_MS,
      waitQueueTimeoutMS: WAIT_QUEUE_MS,
      maxPoolSize: MAX_POOL,
      maxConnecting: MAX_CONNECTING,
      ignoreUndefined: true,
      // A repeated insert would meet itself as a duplicate on servers without retryable writes; what may be repeated is
      // repeated by those who know it.
      retryWrites: false,
      // What correctness rests on, each at the top: nested in `writeConcern` the connection string would win.
      w: 'majority',
      journal: true,
      readPreference: 'primary',
    })
    this.#limit_ms = limit_ms
    this.db = this.#client.db(database)
  }

  async run<T>(name: string, command: () => Promise<T>): Promise<T> {
    this.#checkOpen()
    const limit_ms = this.#limit_ms
    let timer: Timer | undefined
    const deadline = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Unavailable(`${name} took longer than ${limit_ms} ms`)), limit_ms)
    })
    try {
      const answer = await Promise.race([command(), deadline])
      this.#checkOpen()
      return answer
    } catch (error) {
      this.#checkOpen()
      throw toPortError(name, error)
    } finally {
      clearTimeout(timer)
    }
  }

  /** Also after a command: what was in progress when the driver was closed is not acknowledged. */
  #checkOpen(): void {
    if (this.#closed) throw new Closed('the store is closed')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    await this.#client.close()
  }
}

/** Which writes of a bulk met a duplicate key; rethrows when anything else went wrong: then the outcome is unknown. */
export function duplicatesOf(error: unknown): number[] {
  if (error instanceof MongoBulkWriteError && !error.result.getWriteConcernError()) {
    const failed = [error.writeErrors].flat()
    if (failed.length > 0 && failed.every(({ code }) => code === DUPLICATE)) return failed.map(({ index }) => index)
  }
  throw error
}

export function isDuplicate(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === DUPLICATE
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error('something was thrown that is no error', { cause: error })
}

function toPortError(name: string, error: unknown): Error {
  if (!(error instanceof MongoError)) return toError(error)
  if (error instanceof MongoServerError && !codesOf(error).some(code => TRANSIENT.has(code)) && !unsettled(error))
    return error
  return new Unavailable(`${name}: ${error.message}`, { cause: error })
}

function codesOf(error: MongoServerError): number[] {
  const failed = error instanceof MongoBulkWriteError ? [error.writeErrors].flat() : []
  return [error, ...failed].map(({ code }) => Number(code))
}

/** A bulk that failed without naming a write, or was not confirmed by a majority. */
function unsettled(error: MongoServerError): boolean {
  if (!(error instanceof MongoBulkWriteError)) return error.hasErrorLabel('RetryableWriteError')
  return [error.writeErrors].flat().length === 0 || error.result.getWriteConcernError() !== undefined
}
