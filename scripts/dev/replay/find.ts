import type { Client } from '../../../src/sdk/index.ts'
import { until } from '../../../tests/support/until.ts'
import type { Played } from './room.ts'

const SAMPLED = 50
const WORD = /[a-z]{6,20}/g

/** Searches for words that occur once in the whole input, and returns how many there were and those whose message was not found. */
export async function findWords(client: Client, rooms: readonly Played[]): Promise<{ words: number; lost: string[] }> {
  const places = new Map<string, { room: string; text: string } | null>()
  for (const { id, day } of rooms)
    for (const { text } of day.lines)
      for (const [word] of text.toLowerCase().matchAll(WORD))
        places.set(word, places.has(word) ? null : { room: id, text })
  const single = [...places].flatMap(([word, place]) => (place === null ? [] : [{ word, ...place }]))
  const step = Math.max(1, Math.floor(single.length / SAMPLED))
  const asked = single.filter((_, index) => index % step === 0).slice(0, SAMPLED)
  const lost: string[] = []
  for (const { word, room, text } of asked) {
    const isFound = async () => {
      const { data } = await client.search.messages({ q: word })
      return data.some(({ message }) => message.conversation_id === room && message.content === text)
    }
    // The index follows the log, and answers 503 while it is built.
    await until(() => isFound().catch(() => false), word).catch(() => lost.push(word))
  }
  return { words: asked.length, lost }
}
