import { Crash, type Fault } from '../../src/ports/storage-fault.ts'

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
