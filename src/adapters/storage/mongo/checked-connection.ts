import { MongoError, MongoNetworkError } from 'mongodb'
import { Connection, type Request, type Response } from 'mongodb/lib/cmap/connection.js'

const OP_REPLY = 1
const OP_MSG = 2013
/** `responseFlags`, `cursorID` and `startingFrom` come before the number of documents. */
const REPLY_COUNT_AT = 16
const REPLY_DOCUMENTS_AT = 20
/** `flagBits` come before the sections. */
const MSG_SECTIONS_AT = 4
const LEAST_DOCUMENT = 5

/**
 * A connection of the driver that ends when an answer is no answer to the command. The driver trusts the lengths in a message: it
 * walks through some malformed ones without an end, and takes the answer to another command as the one it waits for.
 */
export class CheckedConnection extends Connection {
  #asked = 0

  override writeCommand(command: Request, options: object): Promise<void> {
    this.#asked = command.requestId
    return super.writeCommand(command, options)
  }

  override async *readMany(options: object): AsyncGenerator<Response, void> {
    try {
      let answers = 0
      for await (const response of super.readMany(options)) {
        // Later ones answer each other (MongoDB Wire Protocol, OP_MSG, `exhaustAllowed`).
        const fits = answers > 0 || response.responseTo === this.#asked
        if (!fits || !isWhole(response)) throw new RangeError('it is not in the form of an answer to the command')
        answers += 1
        yield response
      }
    } catch (error) {
      if (error instanceof MongoError) throw error
      const cause = error instanceof Error ? error : new Error('unknown')
      const failure = new MongoNetworkError('an answer of the server cannot be read', { cause })
      this.onError(failure)
      throw failure
    }
  }
}

/** Whether the documents of a message are where its lengths say. What is in them is read later. */
function isWhole({ opCode, data }: Response): boolean {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  if (opCode === OP_MSG) return isMessage(view)
  return opCode === OP_REPLY && isReply(view)
}

/** One section of the kind that has one document: no driver's command is answered by another. */
function isMessage(view: DataView): boolean {
  if (view.byteLength < MSG_SECTIONS_AT + 1 + LEAST_DOCUMENT || view.getUint8(MSG_SECTIONS_AT) !== 0) return false
  return documentEnd(view, MSG_SECTIONS_AT + 1) === view.byteLength
}

function isReply(view: DataView): boolean {
  if (view.byteLength < REPLY_DOCUMENTS_AT + LEAST_DOCUMENT) return false
  if (view.getInt32(REPLY_COUNT_AT, true) !== 1) return false
  return documentEnd(view, REPLY_DOCUMENTS_AT) === view.byteLength
}

/** Where the document ends that begins here; -1: it has no possible length. */
function documentEnd(view: DataView, at: number): number {
  const length = view.getInt32(at, true)
  return length < LEAST_DOCUMENT ? -1 : at + length
}
