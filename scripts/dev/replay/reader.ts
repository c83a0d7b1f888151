import type { EventMessage } from '../../../contracts/entities.ts'
import { createClient, memoryTokens, type Client } from '../../../src/sdk/index.ts'
import { readHistory } from '../../../tests/support/history.ts'
import { until } from '../../../tests/support/until.ts'
import type { Account } from './people.ts'
import type { Played } from './room.ts'

export interface Said {
  sender_id: string
  content: string
}

/** A member of every room who hears all of it over one socket of one server, and resumes when that is lost. */
export class Reader implements Disposable {
  readonly url: string
  readonly client: Client
  /** What was heard, by room, in the order of `seq`. */
  readonly heard = new Map<string, Said[]>()
  /** Messages that came twice or before an earlier one, and gaps. */
  readonly wrong: string[] = []
  /** How often the connection was lost. */
  resumed = 0
  /** Rooms that the server did not replay. Their messages are read from the history, as any client would. */
  readonly #resynced = new Set<string>()

  constructor(url: string, account: Account) {
    this.url = url
    this.client = createClient({ url, tokens: memoryTokens(account.tokens) })
    this.client.live.on('event', ({ event, stream, data }) => {
      if (event === 'message.created' && stream !== undefined)
        // Cast: what this event carries.
        this.#hear(stream, data)
    })
    this.client.live.on('resync', ({ stream }) => this.#resynced.add(stream))
    this.client.live.on('resumed', () => (this.resumed += 1))
  }

  get resyncs(): number {
    return this.#resynced.size
  }

  /** Waits until every message of the rooms has been heard. */
  async complete(rooms: readonly Played[]): Promise<void> {
    for (const { id, day } of rooms) {
      const heard = () => this.heard.get(id)?.length ?? 0
      if (this.#resynced.has(id)) this.heard.set(id, (await readHistory(this.client, id)).map(saidOf))
      await until(
        () => heard() >= day.lines.length,
        `the reader of ${this.url} hears all of ${day.name}`,
        () => `${heard()} of ${day.lines.length}`,
      )
    }
  }

  #hear(room: string, message: EventMessage): void {
    const heard = this.heard.get(room) ?? []
    this.heard.set(room, heard)
    if (message.seq !== heard.length + 1 && !this.#resynced.has(room))
      this.wrong.push(`${this.url}: ${room} seq ${message.seq} after ${heard.length}`)
    heard.push(saidOf(message))
  }

  [Symbol.dispose](): void {
    this.client.close()
  }
}

function saidOf({ sender_id, content }: { sender_id: string; content: string | null }): Said {
  return { sender_id, content: content ?? '' }
}
