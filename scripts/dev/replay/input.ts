import { gunzipSync } from 'node:zlib'
import { readFileSync } from 'node:fs'

/** Code points of the longest text that the API accepts. */
const MOST = 8_000

export interface Line {
  /** Index of the sender. */
  person: number
  text: string
}

export interface Day {
  name: string
  lines: Line[]
  /** The senders of that day, in the order of their first lines. */
  people: number[]
}

export interface Input {
  /** The nick of each person. */
  nicks: string[]
  days: Day[]
  messages: number
  /** Lines that the API would refuse because they are empty or too long. */
  left_out: number
}

export interface Limits {
  /** Maps all senders onto this many people. */
  people?: number | undefined
  messages?: number | undefined
}

/** Reads the log as one room for each day. */
export function readInput(file: string, { people, messages }: Limits = {}): Input {
  const nicks: string[] = []
  const known = new Map<string, number>()
  const days = new Map<string, Day>()
  let [taken, left_out] = [0, 0]
  for (const line of gunzipSync(readFileSync(file)).toString('utf8').split('\n')) {
    if (line === '' || taken === messages) continue
    const { at, nick, text } = JSON.parse(line) as { at: string; nick: string; text: string }
    if (text === '' || Array.from(text).length > MOST || !text.isWellFormed()) {
      left_out += 1
      continue
    }
    const name = at.slice(0, 10)
    const day = days.get(name) ?? { name, lines: [], people: [] }
    days.set(name, day)
    const person = personOf(nick)
    if (!day.people.includes(person)) day.people.push(person)
    day.lines.push({ person, text })
    taken += 1
  }
  return { nicks, days: [...days.values()], messages: taken, left_out }

  function personOf(nick: string): number {
    const before = known.get(nick)
    if (before !== undefined) return before
    const person = people === undefined ? nicks.length : known.size % people
    known.set(nick, person)
    nicks[person] ??= nick
    return person
  }
}
