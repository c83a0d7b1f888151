import { createClient, memoryTokens } from '../../../src/sdk/index.ts'
import type { Input } from './input.ts'
import { urlOf, type Account } from './people.ts'
import type { Reader } from './reader.ts'
import { readHistory } from '../../../tests/support/history.ts'
import { hashOf, type Played } from './room.ts'

/** Members of each room whose unread count is checked. */
const SAMPLED = 5

export interface Findings {
  rooms: number
  messages: number
  unread_checked: number
  /** The disagreements; empty if there are none. */
  wrong: string[]
}

/** Compares for every room the input, the history, what the connected member and all readers received, and unread counts. */
export async function verify(
  urls: readonly string[],
  input: Input,
  accounts: readonly Account[],
  played: readonly Played[],
  readers: readonly Reader[],
): Promise<Findings> {
  const nickOf = new Map(accounts.map((account, person) => [account.id, input.nicks[person] ?? '']))
  const findings: Findings = { rooms: 0, messages: 0, unread_checked: 0, wrong: [] }
  for (const { id, day, heard } of played) {
    const clientOf = (person: number) =>
      createClient({ url: urlOf(urls, person), tokens: memoryTokens(accounts[person]?.tokens ?? null) })
    const expected = hashOf(day.lines.map(({ person, text }) => [input.nicks[person] ?? '', text] as const))
    const history = await readHistory(clientOf(day.people[0] ?? 0), id)
    const said = history.map(({ sender_id, content }) => [nickOf.get(sender_id) ?? '?', content ?? ''] as const)
    if (hashOf(said) !== expected) findings.wrong.push(`${day.name}: the history differs from the input`)
    if (history.some(({ seq }, index) => seq !== index + 1)) findings.wrong.push(`${day.name}: seq has gaps`)
    const live = heard.map(({ sender_id, content }) => [nickOf.get(sender_id) ?? '?', content ?? ''] as const)
    if (hashOf(live) !== expected) findings.wrong.push(`${day.name}: the live reader got something else`)
    for (const reader of readers) {
      const all = (reader.heard.get(id) ?? []).map(each => [nickOf.get(each.sender_id) ?? '?', each.content] as const)
      if (hashOf(all) !== expected) findings.wrong.push(`${day.name}: the reader of ${reader.url} got something else`)
    }
    for (const person of day.people.slice(0, SAMPLED)) {
      const last = day.lines.findLastIndex(line => line.person === person)
      const unread = day.lines.length - 1 - last
      const { me } = await clientOf(person).conversations.inboxEntry({ conversation_id: id })
      if (me?.unread_count !== unread) findings.wrong.push(`${day.name}: ${me?.unread_count} unread, not ${unread}`)
      findings.unread_checked += 1
    }
    findings.rooms += 1
    findings.messages += history.length
  }
  findings.wrong.push(...readers.flatMap(reader => reader.wrong))
  return findings
}
