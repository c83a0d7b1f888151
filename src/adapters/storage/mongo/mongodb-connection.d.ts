/** The part of the driver's connection that `checked-connection.ts` uses. The driver has no types for it. */
declare module 'mongodb/lib/cmap/connection.js' {
  interface Request {
    readonly requestId: number
  }

  /** An answer whose header is read and whose body, `data`, is not. */
  interface Response {
    readonly opCode: number
    readonly responseTo: number
    readonly moreToCome: boolean
    readonly data: Uint8Array
  }

  class Connection {
    /** Ends the connection; everything that waits for it fails. */
    onError(error: Error): void
    writeCommand(command: Request, options: object): Promise<void>
    /** The answers to the last command: one, or several as long as each has `moreToCome`. */
    readMany(options: object): AsyncGenerator<Response, void>
  }
}
