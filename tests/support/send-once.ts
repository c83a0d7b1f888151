import type { EventMessage } from '../../contracts/entities.ts'
import { ConnectionLost, ParleyError, type Client } from '../../src/sdk/index.ts'

/** A server that was killed, or its store, may take that long to come back on a loaded machine. */
const DEADLINE_MS = 120_000
const PAUSE_MS = 20

/** Repeats a call while it fails for a reason that passes: no connection, or an answer that invites to retry. */
export async function patiently<T>(call: () => Promise<T>): Promise<T> {
  const end = performance.now() + DEADLINE_MS
  for (;;) {
    try {
      return await call()
    } catch (error) {
      const passes = error instanceof ConnectionLost || (error instanceof ParleyError && error.retryable)
      if (!passes || performance.now() > end) throw error
      await Bun.sleep(PAUSE_MS)
    }
  }
}

/** Sends until it is acknowledged; the client_id makes the repeats one message. */
export async function sendOnce(
  client: Client,
  input: { conversation_id: string; content: string; client_id: string },
): Promise<{ seq: number; repeated: boolean }> {
  const { status, data } = await patiently(() => client.request('messages.send', input))
  return { seq: (data as EventMessage).seq, repeated: status === 200 }
}
