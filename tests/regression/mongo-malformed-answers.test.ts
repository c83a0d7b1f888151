import { expect, test } from 'bun:test'
import { createServer } from 'node:net'
import { Driver } from '../../src/adapters/storage/mongo/driver.ts'
import { Unavailable } from '../../src/ports/storage.ts'
import { rejection } from '../support/mongo.ts'

const OP_REPLY = 1
const OP_MSG = 2013
const int32 = (...numbers: number[]) => Buffer.from(new Uint8Array(Int32Array.from(numbers).buffer))
const document = int32(5, 0).subarray(0, 5)

/** Answers in which a length is wrong: the client walks through some of them without an end. */
const MALFORMED: [name: string, op_code: number, body: Buffer][] = [
  ['a section that ends before it begins', OP_MSG, Buffer.concat([int32(0), Buffer.of(0), int32(-5)])],
  ['a section beyond the message', OP_MSG, Buffer.concat([int32(0), Buffer.of(0), int32(1_000_000)])],
  ['two sections', OP_MSG, Buffer.concat([int32(0), Buffer.of(0), document, Buffer.of(0), document])],
  ['more documents than the message has', OP_REPLY, Buffer.concat([int32(0, 0, 0, 0, 2 ** 31 - 1), document])],
  ['another protocol', 7, Buffer.alloc(64)],
  ['nothing', OP_MSG, Buffer.alloc(0)],
]

test.each(MALFORMED)(
  'an answer of MongoDB with %s is Unavailable, and the process goes on',
  async (_name, op_code, body) => {
    const server = createServer(socket => {
      socket.on('error', () => undefined)
      socket.on('data', request => {
        const answered = request.readInt32LE(4)
        socket.write(Buffer.concat([int32(16 + body.length, 1, answered, op_code), body]))
      })
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('the server does not listen')
    await using driver = new Driver(`mongodb://127.0.0.1:${address.port}`, 'none', { limit_ms: 500 })
    const answer = driver.run('ping', db => db.command({ ping: 1 }))
    expect(await rejection(answer)).toBeInstanceOf(Unavailable)
    server.close()
  },
)
