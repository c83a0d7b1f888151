import { describe, expect, test } from 'bun:test'
import type { CallInputOf } from '../../contracts/index.ts'
import type { SearchHit } from '../../contracts/search.ts'
import { directOf, groupOf, refused, register, say, withRole, type Person } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { shared } from '../support/shared.ts'
import { transportsOf } from '../support/transports.ts'
import { until } from '../support/until.ts'

type Asked = CallInputOf<'search.messages'>

const server = sharedServer()
const people = shared(async () => {
  const [ada, bob, cy] = await Promise.all([register(server, 'ada'), register(server, 'bob'), register(server, 'cy')])
  return { ada, bob, cy }
})

/** The hits of all pages. */
async function hits({ client }: Person, input: Asked): Promise<SearchHit[]> {
  const found: SearchHit[] = []
  for (let start: string | null = null; ;) {
    const page = await client.search.messages(start === null ? input : { ...input, start })
    found.push(...page.data)
    start = page.next_start
    if (start === null) return found
  }
}

const contents = (found: readonly SearchHit[]) => found.map(({ message }) => message.content)

/** Searches until the index has as many hits: it follows the log. 503 while it is being built. */
async function found(person: Person, input: Asked, count: number): Promise<SearchHit[]> {
  let last: SearchHit[] = []
  await until(
    async () => {
      last = await hits(person, input).catch(() => [])
      return last.length === count
    },
    `${count} hits`,
    () => contents(last).join(' | '),
  )
  return last
}

/** Words that no other test uses, so that tests can share people. */
const rare = () => `w${crypto.randomUUID().replaceAll(/[^a-z]/g, '')}x`

describe('what a search finds', () => {
  test('a message is found with its conversation and the places of the words in it', async () => {
    const { ada, bob } = people()
    const word = rare()
    const room = await groupOf(ada, [bob], 'Printers')
    const sent = await say(bob, room.id, `The Café ${word.toUpperCase()}, and ${word}s.`)
    const [hit] = await found(ada, { q: `cafe ${word}` }, 1)
    expect(hit?.conversation).toEqual({ id: room.id, type: 'group', name: 'Printers' })
    expect(hit?.message).toEqual({ ...sent, reactions: [] })
    const marked = hit?.highlights.map(({ start, length }) => sent.content?.slice(start, start + length))
    expect(marked).toEqual(['Café', word.toUpperCase(), `${word}s`])
  })

  test('an edit replaces what is found, and a deleted message is found no more', async () => {
    const { ada, bob } = people()
    const [before, after] = [rare(), rare()]
    const room = await groupOf(ada, [bob])
    const { id: message_id } = await say(ada, room.id, before)
    await found(bob, { q: before }, 1)
    await ada.client.messages.update({ message_id, content: after })
    // What is stored is compared, so the old text is gone at once, and the new one comes with the index.
    expect(await hits(bob, { q: before })).toEqual([])
    await found(bob, { q: after }, 1)
    await ada.client.messages.delete({ message_id })
    expect(await hits(bob, { q: after })).toEqual([])
  })

  test('a message and its files, senders, types and times are filtered', async () => {
    const { ada, bob } = people()
    const word = rare()
    const room = await groupOf(ada, [bob])
    const other = await directOf(ada, bob)
    const first = await say(ada, room.id, `${word} one`)
    const second = await say(bob, room.id, `${word} two`)
    await say(bob, other.id, `${word} three`)
    await found(ada, { q: word }, 3)
    const only = async (input: Omit<Asked, 'q'>) => contents(await hits(ada, { q: word, sort: 'recent', ...input }))
    expect(await only({ conversation_id: room.id })).toEqual([`${word} two`, `${word} one`])
    expect(await only({ sender_id: ada.id })).toEqual([`${word} one`])
    expect(await only({ sender_id: bob.id, conversation_id: other.id })).toEqual([`${word} three`])
    expect(await only({ type: 'text' })).toHaveLength(3)
    expect(await only({ type: 'image' })).toEqual([])
    expect(await only({ has: 'file' })).toEqual([])
    expect(await only({ from: first.created_at })).toHaveLength(3)
    expect(await only({ to: first.created_at })).toEqual([])
    const later = new Date(Date.parse(second.created_at) + 60_000).toISOString()
    expect(await only({ from: later })).toEqual([])
    expect(await only({ to: later })).toHaveLength(3)
  })

  test('has=file finds messages with an attachment, also by their type', async () => {
    const { ada, bob } = people()
    const word = rare()
    const room = await groupOf(ada, [bob])
    const { id: file_id } = await ada.client.files.upload({ file: new File(['some notes'], 'notes.txt') })
    const content = `${word} attached`
    const sent = await ada.client.messages.send({ conversation_id: room.id, content, attachments: [{ file_id }] })
    await say(ada, room.id, `${word} plain`)
    await found(bob, { q: word }, 2)
    expect(contents(await hits(bob, { q: word, has: 'file' }))).toEqual([content])
    expect(contents(await hits(bob, { q: word, type: 'text' }))).toEqual([`${word} plain`])
    expect((await hits(bob, { q: word, type: 'file' })).map(({ message }) => message.id)).toEqual([sent.id])
  })

  test('without words the messages that the filters admit are listed, those with a file and no text too', async () => {
    const { ada, bob, cy } = people()
    const room = await groupOf(ada, [bob])
    const conversation_id = room.id
    const { id: file_id } = await ada.client.files.upload({ file: new File(['only a file'], 'only.txt') })
    const bare = await ada.client.messages.send({ conversation_id, attachments: [{ file_id }] })
    await say(bob, conversation_id, 'no file')
    const [hit] = await found(bob, { conversation_id, has: 'file' }, 1)
    expect([hit?.message.id, hit?.message.content, hit?.highlights]).toEqual([bare.id, '', []])
    expect(contents(await found(ada, { conversation_id, sender_id: bob.id }, 1))).toEqual(['no file'])
    expect(contents(await found(ada, { conversation_id, type: 'text', sort: 'relevance' }, 1))).toEqual(['no file'])
    await refused(cy.client.search.messages({ conversation_id, has: 'file' }), 'not_found')
    expect((await hits(cy, { has: 'file', sender_id: ada.id })).map(each => each.message.id)).not.toContain(bare.id)
    const { errors } = await refused(ada.client.search.messages({ conversation_id }), 'validation_failed')
    expect(errors).toEqual([{ path: 'q', message: 'is required without sender_id, type or has' }])
    await ada.client.messages.delete({ message_id: bare.id })
    expect(await hits(bob, { conversation_id, has: 'file' })).toEqual([])
  })

  test('system messages are not found', async () => {
    const { ada, bob, cy } = people()
    const word = rare()
    const room = await groupOf(ada, [bob], word)
    await ada.client.groups.addMembers({ conversation_id: room.id, user_ids: [cy.id] })
    await say(ada, room.id, `${word} said`)
    await found(cy, { q: word }, 1)
  })
})

describe('who finds it', () => {
  test('only members find a message, from joining until they are removed, everything before joining too', async () => {
    const { ada, bob, cy } = people()
    const word = rare()
    const room = await groupOf(ada, [bob])
    await say(ada, room.id, word)
    await found(bob, { q: word }, 1)
    expect(await hits(cy, { q: word })).toEqual([])
    await refused(cy.client.search.messages({ q: word, conversation_id: room.id }), 'not_found')
    await ada.client.groups.addMembers({ conversation_id: room.id, user_ids: [cy.id] })
    expect(await hits(cy, { q: word })).toHaveLength(1)
    await ada.client.groups.removeMember({ conversation_id: room.id, user_id: cy.id })
    expect(await hits(cy, { q: word })).toEqual([])
    await refused(cy.client.search.messages({ q: word, conversation_id: room.id }), 'not_found')
  })

  test('an ADMIN finds what they are a member of, and messages of a conversation that they name', async () => {
    const { ada } = people()
    const root = await withRole(server, 'ADMIN')
    const word = rare()
    const room = await groupOf(ada, [])
    await say(ada, room.id, word)
    await found(ada, { q: word }, 1)
    expect(await hits(root, { q: word })).toEqual([])
    expect(await hits(root, { q: word, conversation_id: room.id })).toHaveLength(1)
  })

  test('nothing is found by a sender who has blocked the caller, and in the whole conversation everything', async () => {
    const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
    const word = rare()
    const room = await groupOf(ada, [bob])
    await say(ada, room.id, word)
    await found(bob, { q: word, sender_id: ada.id }, 1)
    await ada.client.contacts.block({ contact_id: bob.id })
    expect(await hits(bob, { q: word, sender_id: ada.id })).toEqual([])
    expect(await hits(bob, { q: word })).toHaveLength(1)
    expect(await hits(ada, { q: word, sender_id: ada.id })).toHaveLength(1)
    await ada.client.contacts.unblock({ contact_id: bob.id })
    expect(await hits(bob, { q: word, sender_id: ada.id })).toHaveLength(1)
  })

  test('a purged conversation is found no more', async () => {
    const { ada } = people()
    const root = await withRole(server, 'ADMIN')
    const word = rare()
    const room = await groupOf(ada, [])
    await say(ada, room.id, word)
    await found(ada, { q: word }, 1)
    await root.client.conversations.delete({ conversation_id: room.id, soft_delete: false })
    expect(await hits(ada, { q: word })).toEqual([])
    await refused(root.client.search.messages({ q: word, conversation_id: room.id }), 'not_found')
  })
})

describe('pages and input', () => {
  test('pages are full until the last, also where messages in between were deleted after they were indexed', async () => {
    const { ada } = people()
    const word = rare()
    const room = await groupOf(ada, [])
    const sent = []
    for (let n = 0; n < 24; n += 1) sent.push(await say(ada, room.id, `${word} ${n}`))
    await found(ada, { q: word, limit: 100 }, 24)
    for (const { id, seq } of sent) if (seq % 3 !== 0) await ada.client.messages.delete({ message_id: id })
    const left = sent.filter(({ seq }) => seq % 3 === 0).map(({ id }) => id)
    for (const sort of ['relevance', 'recent'] as const) {
      const pages = []
      for (let start: string | null = null; ;) {
        const page = await ada.client.search.messages({ q: word, sort, limit: 3, ...(start === null ? {} : { start }) })
        pages.push(page.data.map(({ message }) => message.id))
        expect(page.has_more).toBe(page.next_start !== null)
        expect(page.first_id).toBe(page.data[0]?.message.id ?? null)
        start = page.next_start
        if (start === null) break
      }
      expect(pages.map(page => page.length)).toEqual([3, 3, 2])
      expect(pages.flat()).toEqual(left.toReversed())
    }
  })

  test('an answer stops at 256 KiB, and the next page goes on behind it', async () => {
    const { ada } = people()
    const word = rare()
    const room = await groupOf(ada, [])
    const sent = []
    for (let n = 0; n < 12; n += 1) sent.push((await say(ada, room.id, `${word} ${'👍'.repeat(7_900)}`)).id)
    await found(ada, { q: word }, 12)
    const page = await ada.client.search.messages({ q: word, sort: 'recent' })
    expect(page.data.length).toBeLessThan(12)
    expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(256 * 1024)
    expect((await hits(ada, { q: word, sort: 'recent' })).map(({ message }) => message.id)).toEqual(sent.toReversed())
  })

  test('a query without a word finds nothing', async () => {
    const { ada } = people()
    for (const q of ['?!', '-only', '"', '  ']) expect(await hits(ada, { q })).toEqual([])
  })

  test('a query that is empty or too long, too many words, or a start of another list is 422', async () => {
    const { ada } = people()
    const ask = (input: Asked) => refused(ada.client.search.messages(input), 'validation_failed')
    expect((await ask({ q: '' })).errors[0]?.path).toBe('q')
    expect((await ask({ q: 'x'.repeat(257) })).errors[0]?.path).toBe('q')
    expect((await ask({ q: 'w '.repeat(25) })).errors).toEqual([{ path: 'q', message: 'must have at most 24 words' }])
    for (const sort of ['relevance', 'recent'] as const)
      expect((await ask({ q: 'word', sort, start: 'no_such_start-' })).errors[0]?.path).toBe('start')
  })

  test('REST, tRPC and socket give the same hits', async () => {
    const { ada } = people()
    const word = rare()
    const room = await groupOf(ada, [])
    for (const n of ['one', 'two', 'three']) await say(ada, room.id, `${word} ${n}`)
    await found(ada, { q: word }, 3)
    const { rest, trpc, socket } = transportsOf(server.url)
    const input = { q: word, conversation_id: room.id, sort: 'recent', limit: 2 }
    const answers = []
    for (const call of [rest, trpc, socket]) answers.push(await call('search.messages', input, ada.access_token))
    expect(answers[0]?.status).toBe(200)
    expect(answers[1]).toEqual(answers[0] ?? { status: 0, body: null })
    expect(answers[2]).toEqual(answers[0] ?? { status: 0, body: null })
  })
})
