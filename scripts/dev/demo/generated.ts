import { DAY_MS, type Line } from './chat.ts'

const PEOPLE = ['Ada', 'Bob', 'Cora', 'Dan', 'Eve', 'Finn', 'Grace', 'Hugo']
const MINUTE_MS = 60_000
const DAYS = 4

/** Short conversations. The first line is said to everybody, each further one to whom spoke before. */
const TALKS: readonly (readonly string[])[] = [
  ['Good morning! Did the looms run overnight?', 'they did, two warnings in the log', 'thanks, I will look'],
  ['Who has the drawing of the new axle?', 'it is in the shared folder, third page', 'found it, thanks!'],
  ['The pump in hall 2 is loud again 😬', 'I can be there at ten', 'bring the long spanner', 'will do'],
  ['Lunch at half past twelve?', 'count me in', 'me too 🍲'],
  ['Can somebody review my card for the brass order?', 'done, one question about the amount', 'twelve, not twenty'],
  ['Visitors at three, please tidy the benches', 'is the big press on show?', 'yes, but nobody touches it'],
  ['Does anybody know why the counter skips at 9,999?', 'the carry sticks when it is cold', 'oil helps 👍'],
  ['I wrote down how to calibrate the governor', 'that is great, where is it?', 'pinned here tomorrow'],
  ['Rain is coming through the roof above store B', 'I move the paper', 'roofer comes on Thursday'],
  ['Great work on the demonstration everybody 🎉', 'that was fun', 'again next month?'],
]

/** A small chat of the last days, the same each time. */
export function generatedChat(now: number): Line[] {
  const midnight = now - (now % DAY_MS)
  return Array.from({ length: DAYS }, (_, day) => {
    const begin = midnight - (DAYS - day) * DAY_MS + 8 * 60 * MINUTE_MS
    return TALKS.flatMap((talk, place) => said(talk, begin + place * 47 * MINUTE_MS, day * 3 + place))
  }).flat()
}

function said(talk: readonly string[], begin: number, turn: number): Line[] {
  const speaker = (index: number) => PEOPLE[(turn + index * (1 + (turn % 3))) % PEOPLE.length] ?? ''
  return talk.map((text, index) => ({
    at: begin + index * 2 * MINUTE_MS,
    nick: speaker(index),
    text: index === 0 ? text : `${speaker(index - 1)}: ${text}`,
  }))
}
