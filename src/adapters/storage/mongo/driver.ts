import {
  BSON,
  MongoBulkWriteError,
  MongoClient,
  MongoError,
  MongoServerError,
  MongoTopologyClosedError,
  type Db,
  type MongoClientOptions,
} from 'mongodb'
import { Unavailable } from '../../../ports/storage.ts'
import { CheckedConnection } from './checked-connection.ts'

const SERVER_SELECTION_MS = 2_000
const CONNECT_MS = 2_000
/** How soon a server is contacted again after a failure. */
const RECHECK_MS = 100
/** A client on which commands only fail for so long is replaced by a new one. */
const REPLACE_AFTER_MS = 3_000
/** A call for which no connection is free for this part of its time is given up before it is sent. */
const WAIT_QUEUE_SHARE = 0.8
const MAX_POOL = 24
const MAX_CONNECTING = 4
/** Every command is answered within this time, if only by `Unavailable`. */
const COMMAND_MS = 2_500
/** Building an index takes longer: only at the start, by a driver of its own. */
export const START_MS = 600_000
/** How long a connection may be inactive beyond the limit of a command before it is closed, so that the deadline comes first. */
const SILENCE_MS = 7_500

/** Server codes of temporary failures: no primary, shutting down, interrupted, out of time, write conflict, disk full. */
const TRANSIENT = new Set([
  6, 7, 24, 50, 64, 89, 91, 112, 189, 262, 9001, 10107, 11600, 11602, 13388, 13435, 13436, 14031,
])
export const WRITE_CONFLICT = 112
const DUPLICATE = 11_000

export interface DriverOptions {
  /** How long a command may take. */
  limit_ms?: number
  /** Emits the driver's command events on `client`. */
  monitorCommands?: boolean
}

/** Nothing is sent any more: retrying is pointless. */
export class Closed extends Unavailable {}

/** Sends a command: with options that end it on the server when it is given up here. */
type Command<T> = (db: Db, options: { maxTimeMS: number }) => Promise<T>

/** Sends every command with a deadline, and turns errors of the client into errors of the port. */
export class Driver implements AsyncDisposable {
  readonly #database: string
  readonly #limit_ms: number
  readonly #connect: () => MongoClient
  #client: MongoClient
  /** When the first command after the last one that succeeded failed. */
  #failing_since: number | null = null
  #closed = false

  constructor(url: string, database: string, { limit_ms = COMMAND_MS, monitorCommands = false }: DriverOptions = {}) {
    this.#database = database
    this.#limit_ms = limit_ms
    const options: MongoClientOptions & { connectionType: typeof CheckedConnection } = {
      // An option of the driver that its types leave out.
      connectionType: CheckedConnection,
      serverSelectionTimeoutMS: SERVER_SELECTION_MS,
      connectTimeoutMS: CONNECT_MS,
      minHeartbeatFrequencyMS: RECHECK_MS,
      socketTimeoutMS: limit_ms + SILENCE_MS,
      waitQueueTimeoutMS: limit_ms * WAIT_QUEUE_SHARE,
      maxPoolSize: MAX_POOL,
      maxConnecting: MAX_CONNECTING,
      monitorCommands,
      ignoreUndefined: true,
      // On servers without retryable writes a repeated insert would fail as a duplicate of itself. The adapter repeats what may
      // be repeated.
      retryWrites: false,
      // Required for correctness, each at the top level: inside `writeConcern` the connection string would take precedence. An
      // insert of unknown outcome is settled by reading it, so what is read must not be rolled back by a fail-over.
      w: 'majority',
      journal: true,
      readConcernLevel: 'majority',
      readPreference: 'primary',
    }
    this.#connect = () => new MongoClient(url, options)
    this.#client = this.#connect()
  }

  get client(): MongoClient {
    return this.#client
  }

  get db(): Db {
    return this.#client.db(this.#database)
  }

  async run<T>(name: string, command: Command<T>): Promise<T> {
    this.#checkOpen()
    const limit_ms = this.#limit_ms
    const client = this.#client
    let timer: Timer | undefined
    const deadline = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Unavailable(`${name} took longer than ${limit_ms} ms`)), limit_ms)
    })
    try {
      const answer = await Promise.race([command(this.db, { maxTimeMS: limit_ms }), deadline])
      this.#checkOpen()
      this.#failing_since = null
      return answer
    } catch (error) {
      this.#checkOpen()
      const failure = toPortError(name, error)
      if (failure instanceof Unavailable) this.#replaceStuckClient(client, failure)
      throw failure
    } finally {
      clearTimeout(timer)
    }
  }

  /**
   * A client whose first connection has failed stays closed, and is replaced at once. On Bun 1.4 a connection that is cut while
   * its server refuses others may never be reported as closed, and the client's heartbeat then waits on it without an end. So a
   * client on which no command has succeeded for some time is replaced, too.
   */
  #replaceStuckClient(client: MongoClient, { cause }: Unavailable): void {
    // Commands of a client that was replaced fail when it is closed.
    if (client !== this.#client) return
    const now = performance.now()
    this.#failing_since ??= now
    const is_closed = cause instanceof MongoTopologyClosedError
    if (!is_closed && now - this.#failing_since < REPLACE_AFTER_MS) return
    this.#failing_since = null
    this.#client = this.#connect()
    // The replaced client may never end its connections, so its failure to close changes nothing.
    void client.close().catch(() => undefined)
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

/** The writes of a bulk that failed by a duplicate key. Rethrows any other error, because then the outcome is unknown. */
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
  // The documents of an answer are read one by one, after its form was checked.
  if (error instanceof BSON.BSONError) return new Unavailable(`${name}: an answer cannot be read`, { cause: error })
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
