import type { Child } from './child.ts'
import { openRawSocket, type RawSocket } from '../../tests/support/raw-socket.ts'
import { percentile, type Figures } from './rounds.ts'

const RESULT = Buffer.from('{"type":"result"')
const TEXT = 'x'.repeat(120)

/** A client that sends the next message when the previous one is acknowledged. */
export interface Sender {
  socket: RawSocket
  room: string
  acknowledged: (() => void) | null
}

export async function openSender(url: string, room: string, headers: Record<string, string>): Promise<Sender> {
  const sender: Sender = { socket: undefined as never, room, acknowledged: null }
  const ready = Promise.withResolvers<void>()
  sender.socket = await openRawSocket({
    url,
    headers,
    onFrame(payload) {
      if (payload.subarray(0, RESULT.length).equals(RESULT)) sender.acknowledged?.()
      else if (payload.subarray(0, 15).includes('"ready"')) ready.resolve()
      else if (payload.subarray(0, 15).includes('"error"')) ready.reject(new Error(payload.toString()))
    },
  })
  await ready.promise
  return sender
}

let sends = 0

/** Runs senders in a closed loop for `seconds`: acknowledged sends per second, their latency, the server's CPU. */
export async function sendFor(child: Child, senders: readonly Sender[], seconds: number): Promise<Figures> {
  const waits: number[] = []
  const cpu = child.cpu()
  const start = performance.now()
  const end = start + seconds * 1_000
  await Promise.all(
    senders.map(
      sender =>
        new Promise<void>(resolve => {
          let sent = 0
          const next = () => {
            const now = performance.now()
            if (sent > 0) waits.push(now - sent)
            if (now >= end) {
              sender.acknowledged = null
              return resolve()
            }
            sent = now
            sends += 1
            const input = `{"conversation_id":"${sender.room}","content":"${TEXT}","client_id":"c${sends}"}`
            sender.socket.send(`{"type":"call","id":${sends},"op":"messages.send","input":${input}}`)
          }
          sender.acknowledged = next
          next()
        }),
    ),
  )
  const took = (performance.now() - start) / 1_000
  const used = child.cpu() - cpu
  return {
    'sends/s': waits.length / took,
    'p50 ms': percentile(waits, 0.5),
    'p99 ms': percentile(waits, 0.99),
    'server cores': used / took,
  }
}
