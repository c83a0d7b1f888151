/** Lets a test end the process, so to say, at any point between two commands of a storage adapter. */
export interface Fault {
  /** Awaited before each command to the database. Once it has thrown `Crash` the adapter is dead: nothing more is sent. */
  before(command: string): void | Promise<void>
}

export class Crash extends Error {
  override readonly name = 'Crash'
}
