import { Crash, type Fault } from '../../src/ports/storage-fault.ts'

/** Holds up the first command of a name that comes after `close`, until `open`. */
export class Gate implements Fault {
  readonly #command: string
  readonly #reached = Promise.withResolvers<void>()
  readonly #opened = Promise.withResolvers<void>()
  #closed = false

  constructor(command: string) {
    this.#command = command
  }

  /** Resolves when a command waits at the gate. */
  get reached(): Promise<void> {
    return this.#reached.promise
  }

  close(): void {
    this.#closed = true
  }

  open(): void {
    this.#opened.resolve()
  }

  before(command: string): Promise<void> | undefined {
    if (!this.#closed || command !== this.#command) return undefined
    this.#closed = false
    this.#reached.resolve()
    return this.#opened.promise
  }
}

/** The process dies before the first command of one of the names, once armed. */
export class Death implements Fault {
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
