import { Driver } from '../../src/adapters/storage/mongo/driver.ts'
import type { Db } from '../../src/adapters/storage/sqlite/database.ts'

/** What a test does before the commands of a store. One that throws ends the store as a crash would. */
export interface Fault {
  /** SQLite does not wait for it. */
  before(command: string): void | Promise<void>
}

export class Crash extends Error {
  override readonly name = 'Crash'
}

/** A busy machine or a slow server fails no test of crashes. */
const PATIENT_MS = 30_000

/** Drivers of MongoDB that are closed at the command before which the fault throws: nothing more is sent or acknowledged. */
export function failing(fault: Fault): (...args: ConstructorParameters<typeof Driver>) => Driver {
  let died = false
  class FailingDriver extends Driver {
    override async run<T>(name: string, command: Parameters<typeof Driver.prototype.run<T>>[1]): Promise<T> {
      if (!died)
        try {
          await fault.before(name)
        } catch {
          died = true
        }
      if (died) await this[Symbol.asyncDispose]()
      return super.run(name, command)
    }
  }
  return (url, database, options) =>
    new FailingDriver(url, database, { ...options, limit_ms: Math.max(PATIENT_MS, options?.limit_ms ?? 0) })
}

/** A file that is closed at the statement before which the fault throws: what is not committed is lost, as by a crash. */
export function failingDb(fault: Fault): (db: Db) => Db {
  return db => {
    const before = (command: string) => {
      db.check()
      try {
        void fault.before(command)
      } catch {
        db[Symbol.dispose]()
      }
    }
    const failing =
      <Values extends unknown[], Answer>(command: string, statement: (...values: Values) => Answer) =>
      (...values: Values): Answer => {
        before(command)
        return statement(...values)
      }
    const nameOf = (sql: string) => sql.trim().split(/\s+/, 4).join(' ')
    return {
      ...db,
      write: sql => failing(nameOf(sql), db.write(sql)),
      insert: sql => failing(nameOf(sql), db.insert(sql)),
      begin: failing('BEGIN', db.begin),
      commit: failing('COMMIT', db.commit),
      truncate: failing('TRUNCATE', db.truncate),
    }
  }
}

/** Holds up the first command of a name that comes after `close`, or so many, until `open`. */
export class Pause implements Fault {
  readonly #command: string
  readonly #reached = Promise.withResolvers<void>()
  readonly #opened = Promise.withResolvers<void>()
  readonly #holds: number
  #left = 0

  constructor(command: string, holds = 1) {
    this.#command = command
    this.#holds = holds
  }

  /** Resolves when all that the pause holds up wait at it. */
  get reached(): Promise<void> {
    return this.#reached.promise
  }

  close(): void {
    this.#left = this.#holds
  }

  open(): void {
    this.#opened.resolve()
  }

  /** The process dies at the pause. */
  die(): void {
    this.#opened.reject(new Crash(this.#command))
  }

  before(command: string): Promise<void> | undefined {
    if (this.#left === 0 || command !== this.#command) return undefined
    this.#left -= 1
    if (this.#left === 0) this.#reached.resolve()
    return this.#opened.promise
  }
}

/** The process dies before the first command of one of the names, once armed. */
export class CrashAt implements Fault {
  readonly #commands: readonly string[]
  #armed = false

  constructor(...commands: string[]) {
    this.#commands = commands
  }

  arm(): void {
    this.#armed = true
  }

  before(command: string): void {
    if (this.#armed && this.#commands.includes(command)) throw new Crash(command)
  }
}
