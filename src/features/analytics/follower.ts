import { Tally } from '../../domain/analytics/sheets.ts'
import type { EventData } from '../../../contracts/events.ts'
import type { Follower } from '../../followers/follower.ts'
import type { Rollups } from '../../ports/rollups.ts'
import type { StoredEntry } from '../../ports/storage.ts'

/** Sheets of a purged conversation that are taken out at once. */
const TAKEN_OUT_AT_ONCE = 100

/**
 * Counts messages into the roll-ups. An entry that comes again is recognised by how far its stream is counted, which moves in the
 * same write as the numbers.
 */
export function analyticsFollower(rollups: Rollups): Follower {
  async function count(entries: readonly StoredEntry[]): Promise<void> {
    const { version, counted } = await rollups.state([...new Set(entries.map(({ stream }) => stream))])
    const tally = new Tally()
    for (const { stream, change, event, json } of entries) {
      if (change <= (counted.get(stream) ?? 0)) continue
      counted.set(stream, change)
      if (event === 'message.created' && !isBlank(json)) tally.add(messageOf(json))
    }
    const positions = [...counted].map(([stream, change]) => ({ stream, change }))
    const added = await rollups.add({ version, counted: positions, sheets: tally.sheets })
    if (!added) throw new Error('another process counts the same entries')
  }

  /** Can be repeated: what was taken out is no longer among the sheets of the conversation. */
  async function takeOut(conversation_id: string): Promise<void> {
    for (;;) {
      const { version } = await rollups.state([])
      const sheets = await rollups.ofConversation(conversation_id, TAKEN_OUT_AT_ONCE)
      if (sheets.length === 0) return
      const tally = new Tally()
      for (const sheet of sheets) tally.addCounts(sheet, -1)
      await rollups.add({ version, counted: [], sheets: tally.sheets })
    }
  }

  return {
    name: 'analytics',
    streams: 'conversations',
    from: 'beginning',
    async handle(entries) {
      const ended = entries.filter(({ event }) => event === 'conversation.deleted')
      await count(entries.filter(entry => !ended.includes(entry)))
      if (ended.length === 0) return
      const { counted } = await rollups.state(ended.map(({ stream }) => stream))
      const open = ended.filter(({ stream, change }) => change > (counted.get(stream) ?? 0))
      for (const { stream } of open) await takeOut(stream)
      await count(open)
    },
  }
}

/** An entry of a purged conversation. */
function isBlank(json: string): boolean {
  return json === '{}'
}

function messageOf(json: string) {
  // Cast: the entry contains the event as contracts/events.ts defines it.
  const message = JSON.parse(json) as EventData<'message.created'>
  const { conversation_id, sender_id, type, created_at } = message
  return { conversation_id, sender_id, type, at: created_at }
}
