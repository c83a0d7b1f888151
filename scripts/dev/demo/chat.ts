import { gunzipSync } from 'node:zlib'

/** A line of a chat: milliseconds since 1970, who, what. A line that begins with `nick:` is for somebody. */
export interface Line {
  at: number
  nick: string
  text: string
}

export interface Selection {
  days: number
  people: number
  messages: number
}

export const DAY_MS = 24 * 60 * 60 * 1_000
/** Code points of the longest text that the API accepts. */
const MAX_TEXT = 8_000

/**
 * From a gzipped log of JSON lines `{at, nick, text}`: what the most active people said on the last days of the log, as if the
 * last of them were yesterday.
 */
export async function readChat(file: string, { days, people, messages }: Selection, now: number): Promise<Line[]> {
  const text = gunzipSync(await Bun.file(file).bytes()).toString('utf8')
  const byDay = new Map<string, Line[]>()
  for (const json of text.split('\n')) {
    if (json === '') continue
    const { at, nick, text } = JSON.parse(json) as { at: string; nick: string; text: string }
    if (text === '' || Array.from(text).length > MAX_TEXT || !text.isWellFormed()) continue
    const day = at.slice(0, 10)
    byDay.set(day, [...(byDay.get(day)?.splice(0) ?? []), { at: Date.parse(at), nick, text }])
  }
  const last = [...byDay.values()].slice(-days)
  const active = mostActive(last.flat(), people)
  return last.flatMap((lines, index) => {
    const said = lines.filter(({ nick }) => active.has(nick)).slice(0, Math.ceil(messages / last.length))
    const midnight = now - (now % DAY_MS) - (last.length - index) * DAY_MS
    return said.map(line => ({ ...line, at: midnight + (line.at % DAY_MS) }))
  })
}

/** The people who said most, the most active one first. */
export function mostActive(lines: readonly Line[], people: number): Set<string> {
  const counts = new Map<string, number>()
  for (const { nick } of lines) counts.set(nick, (counts.get(nick) ?? 0) + 1)
  const ranked = [...counts].toSorted(([, a], [, b]) => b - a)
  return new Set(ranked.slice(0, people).map(([nick]) => nick))
}

/** A long word of the chat without its third letter, as somebody may type it. */
export function misspelt(lines: readonly Line[]): string {
  const words = lines.flatMap(({ text }) => text.match(/\b[a-z]{8,12}\b/g) ?? [])
  const word = words[Math.floor(words.length / 2)] ?? 'something'
  return word.slice(0, 2) + word.slice(3)
}
