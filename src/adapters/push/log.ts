import type { PushMessage, PushOutcome, PushSender, PushTarget } from '../../ports/push.ts'

/** For development: takes every target and writes to the log what would be sent, without target and text. */
export function openLogSender(write: (line: object, message: string) => void): PushSender {
  return {
    async check() {
      return null
    },
    async send({ platform }: PushTarget, { data, alert, badge, collapse_key }: PushMessage): Promise<PushOutcome> {
      const shows = alert === 'silent' ? 'nothing' : alert === null ? 'ids' : 'text'
      write({ platform, data, shows, badge, collapse_key }, 'push')
      return { outcome: 'delivered' }
    },
    async [Symbol.asyncDispose]() {},
  }
}
