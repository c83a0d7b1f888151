import { describe, expect, test } from 'bun:test'
import { directOf, groupOf, refused, register, say, withRole, type Person } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'

const server = sharedServer()

async function pair(): Promise<{ ada: Person; bob: Person; conversation_id: string }> {
  const [ada, bob] = await Promise.all([register(server, 'ada'), register(server, 'bob')])
  return { ada, bob, conversation_id: (await groupOf(ada, [bob])).id }
}

describe('sending', () => {
  test('messages are numbered without gaps, also when 50 are sent at once', async () => {
    const { ada, bob, conversation_id } = await pair()
    const sent = await Promise.all(
      Array.from({ length: 50 }, (_, index) => say(index % 2 ? ada : bob, conversation_id, `word ${index}`)),
    )
    expect(sent.map(message => message.seq).toSorted((a, b) => a - b)).toEqual(sent.map((_, index) => index + 1))
    const { data } = await bob.client.messages.list({ conversation_id, sort: 'asc', limit: 100 })
    expect(data).toEqual(sent.toSorted((a, b) => a.seq - b.seq))
  })

  test('the text of a message is kept exactly as it was given', async () => {
    const { ada, conversation_id } = await pair()
    const texts = [
      ' lead and trail ',
      'e\u0301 is not \u00e9',
      'a\u0000b',
      '\u202egnp.exe',
      '👩‍👩‍👧',
      '<script>',
      "'; drop table--",
      '\n',
      '{"$ne":1}',
    ]
    for (const text of texts) {
      const { id } = await say(ada, conversation_id, text)
      expect((await ada.client.messages.get({ message_id: id })).content).toBe(text)
    }
  })

  test('a message takes 1 to 8,000 code points', async () => {
    const { ada, conversation_id } = await pair()
    expect((await say(ada, conversation_id, '👍'.repeat(8_000))).seq).toBe(1)
    await refused(say(ada, conversation_id, '👍'.repeat(8_001)), 'validation_failed')
    await refused(say(ada, conversation_id, ''), 'validation_failed')
    await refused(say(ada, conversation_id, 'lone \ud800 surrogate'), 'validation_failed')
  })

  test('a repeat under the same client_id answers the message as it is now', async () => {
    const { ada, bob, conversation_id } = await pair()
    const body = { conversation_id, content: 'once', client_id: 'c1', metadata: { b: 1, a: { d: 2, c: 3 } } }
    const all = await Promise.all(Array.from({ length: 20 }, () => ada.client.messages.send(body)))
    expect(new Set(all.map(message => message.id)).size).toBe(1)
    const [first] = all
    const message_id = first?.id ?? ''
    await ada.client.messages.update({ message_id, content: 'edited' })
    const reordered = { ...body, metadata: { a: { c: 3, d: 2 }, b: 1 } }
    expect(await ada.client.messages.send(reordered)).toMatchObject({ id: message_id, content: 'edited' })
    await refused(ada.client.messages.send({ ...body, content: 'twice' }), 'client_id_reused')
    await ada.client.messages.delete({ message_id })
    expect(await ada.client.messages.send(body)).toMatchObject({ id: message_id, content: null })
    const other = await bob.client.messages.send({ ...body, content: 'mine' })
    expect(other.id).not.toBe(message_id)
    const elsewhere = await groupOf(ada, [])
    const copy = await ada.client.messages.send({ ...body, conversation_id: elsewhere.id })
    expect(copy.id).not.toBe(message_id)
  })

  test('a repeat is answered even if a new send would be refused', async () => {
    const { ada, bob, conversation_id } = await pair()
    const body = { conversation_id, content: 'hi', client_id: 'c1', mentions: [bob.id] }
    const first = await ada.client.messages.send(body)
    await ada.client.groups.removeMember({ conversation_id, user_id: bob.id })
    await ada.client.conversations.update({ conversation_id, disabled: true })
    expect((await ada.client.messages.send(body)).id).toBe(first.id)
    await refused(ada.client.messages.send({ ...body, client_id: 'c2', mentions: [] }), 'conversation_disabled')
    await refused(bob.client.messages.send(body), 'not_found')
  })

  test('a message mentions members only and replies to messages of the same conversation only', async () => {
    const { ada, bob, conversation_id } = await pair()
    const cy = await register(server, 'cy')
    const elsewhere = await say(ada, (await groupOf(ada, [])).id, 'elsewhere')
    const send = (extra: object) => ada.client.messages.send({ conversation_id, content: 'hi', ...extra })
    await refused(send({ mentions: [cy.id] }), 'validation_failed')
    await refused(send({ reply_to: elsewhere.id }), 'validation_failed')
    await refused(send({ reply_to: Bun.randomUUIDv7() }), 'validation_failed')
    const first = await send({ mentions: [bob.id, bob.id] })
    expect(first.mentions).toEqual([bob.id])
    expect((await send({ reply_to: first.id })).reply_to).toBe(first.id)
  })

  test('sending refuses metadata above 8 KiB and unknown fields', async () => {
    const { ada, conversation_id } = await pair()
    const send = (extra: object) => ada.client.messages.send({ conversation_id, content: 'hi', ...extra })
    await refused(send({ metadata: { text: 'x'.repeat(8_192) } }), 'validation_failed')
    const forged = await refused(send({ seq: 7, sender_id: ada.id }), 'validation_failed')
    expect(forged.errors).toEqual([
      { path: 'seq', message: 'unknown field' },
      { path: 'sender_id', message: 'unknown field' },
    ])
  })

  test('sending to a disabled or deleted user is refused in a direct conversation', async () => {
    const { ada, bob } = await pair()
    const root = await withRole(server, 'ADMIN')
    const { id } = await directOf(ada, bob)
    await say(ada, id, 'hello')
    await root.client.users.update({ user_id: bob.id, disabled: true })
    await refused(say(ada, id, 'hello?'), 'cannot_message_user')
  })
})

describe('the history', () => {
  test('the history pages in both directions from any message, without repetitions or gaps', async () => {
    const { ada, bob, conversation_id } = await pair()
    const all = []
    for (let index = 0; index < 23; index += 1) all.push(await say(index % 3 ? ada : bob, conversation_id, `w${index}`))
    const ids = all.map(message => message.id)
    const walk = async (input: { sort?: 'asc' | 'desc'; start?: string; before?: string }) => {
      const seen: string[] = []
      let next = input.start ?? null
      do {
        const page = await bob.client.messages.list({
          conversation_id,
          limit: 5,
          ...input,
          ...(next ? { start: next } : {}),
        })
        seen.push(...page.data.map(message => message.id))
        next = page.next_start
      } while (next)
      return seen
    }
    expect(await walk({ sort: 'asc' })).toEqual(ids)
    expect(await walk({})).toEqual(ids.toReversed())
    const [from, to] = [ids[7] ?? '', ids[17] ?? '']
    expect(await walk({ sort: 'asc', start: from, before: to })).toEqual(ids.slice(7, 17))
    expect(await walk({ sort: 'desc', start: to, before: from })).toEqual(ids.slice(8, 18).toReversed())
  })

  test('the history around a message has both sides, and continues on either', async () => {
    const { ada, conversation_id } = await pair()
    const all = []
    for (let index = 0; index < 20; index += 1) all.push(await say(ada, conversation_id, `w${index}`))
    const ids = all.map(message => message.id)
    const page = await ada.client.messages.list({ conversation_id, around: ids[10] ?? '', limit: 6 })
    expect(page.data.map(message => message.id)).toEqual(ids.slice(7, 13))
    const newer = await ada.client.messages.list({ conversation_id, sort: 'asc', start: page.next_start ?? '' })
    expect(newer.data.map(message => message.id)).toEqual(ids.slice(13))
    const older = await ada.client.messages.list({
      conversation_id,
      sort: 'desc',
      start: page.first_id ?? '',
      limit: 3,
    })
    expect(older.data.map(message => message.id)).toEqual(ids.slice(5, 8).toReversed())
  })

  test('the history refuses the id of a message of another conversation, and a page that is too large', async () => {
    const { ada, conversation_id } = await pair()
    const other = await say(ada, (await groupOf(ada, [])).id, 'elsewhere')
    for (const key of ['start', 'before', 'around'])
      await refused(ada.client.messages.list({ conversation_id, [key]: other.id }), 'validation_failed')
    await refused(ada.client.messages.list({ conversation_id, limit: 101 }), 'validation_failed')
    await refused(ada.client.messages.list({ conversation_id, limit: 0 }), 'validation_failed')
  })

  test('a page of the history stops at 256 KiB with has_more', async () => {
    const { ada, conversation_id } = await pair()
    for (let index = 0; index < 12; index += 1) await say(ada, conversation_id, '👍'.repeat(8_000))
    const seen: number[] = []
    let next: string | null = null
    do {
      const page: Awaited<ReturnType<typeof ada.client.messages.list>> = await ada.client.messages.list({
        conversation_id,
        sort: 'asc',
        limit: 100,
        ...(next ? { start: next } : {}),
      })
      expect(JSON.stringify(page).length).toBeLessThan(300_000)
      seen.push(...page.data.map(message => message.seq))
      next = page.next_start
    } while (next)
    expect(seen).toEqual(Array.from({ length: 12 }, (_, index) => index + 1))
  })

  test('the history around a message has that message among long ones, and as much on both sides as fits', async () => {
    const { ada, conversation_id } = await pair()
    const ids: string[] = []
    for (let index = 0; index < 24; index += 1) ids.push((await say(ada, conversation_id, '👍'.repeat(8_000))).id)
    const page = await ada.client.messages.list({ conversation_id, around: ids[11] ?? '', limit: 20 })
    expect(page.data.map(message => message.seq)).toEqual([9, 10, 11, 12, 13, 14, 15, 16])
    expect(page).toMatchObject({ first_id: ids[8], has_more: true, next_start: ids[16] })
    const last = await ada.client.messages.list({ conversation_id, around: ids[23] ?? '', limit: 20 })
    expect(last.data.at(-1)?.id).toBe(ids[23] ?? '')
    expect(last.next_start).toBeNull()
  })
})

describe('editing', () => {
  test('editing is for the author, and keeps the earlier texts', async () => {
    const { ada, bob, conversation_id } = await pair()
    const { id: message_id } = await say(ada, conversation_id, 'one')
    await refused(bob.client.messages.update({ message_id, content: 'hacked' }), 'forbidden')
    const edited = await ada.client.messages.update({ message_id, content: 'two', metadata: { a: 1 } })
    expect(edited).toMatchObject({ content: 'two', metadata: { a: 1 }, seq: 1 })
    expect(edited.edited_at).not.toBeNull()
    await ada.client.messages.update({ message_id, content: 'three' })
    const same = await ada.client.messages.update({ message_id, content: 'three' })
    expect(same.change).toBe(4)
    expect((await ada.client.messages.update({ message_id, metadata: null })).metadata).toBeNull()
    const { data } = await bob.client.messages.history({ message_id })
    expect(data.map(version => version.content)).toEqual(['one', 'two'])
  })

  test('editing by 20 devices at once puts every text into the history once', async () => {
    const { ada, conversation_id } = await pair()
    const { id: message_id } = await say(ada, conversation_id, 'start')
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) => ada.client.messages.update({ message_id, content: `v${index}` })),
    )
    const done = results.flatMap((result, index) => (result.status === 'fulfilled' ? [`v${index}`] : []))
    const { content } = await ada.client.messages.get({ message_id })
    const { data } = await ada.client.messages.history({ message_id })
    expect(new Set([...data.map(version => version.content), content])).toEqual(new Set(['start', ...done]))
    expect(data).toHaveLength(done.length)
  })
})

describe('deleting', () => {
  test('deleting leaves a tombstone and no text anywhere', async () => {
    const { ada, bob, conversation_id } = await pair()
    const { id: message_id } = await ada.client.messages.send({
      conversation_id,
      content: 'canary-one',
      mentions: [bob.id],
      metadata: { note: 'canary-two' },
    })
    await ada.client.messages.update({ message_id, content: 'canary-three' })
    await bob.client.messages.react({ message_id, emoji: '👍' })
    await ada.client.messages.pin({ message_id })
    await refused(bob.client.messages.delete({ message_id }), 'forbidden')
    await ada.client.messages.delete({ message_id })
    await ada.client.messages.delete({ message_id })
    expect(await bob.client.messages.get({ message_id })).toMatchObject({
      content: null,
      metadata: null,
      reactions: [],
      mentions: [bob.id],
      seq: 1,
    })
    expect((await bob.client.messages.history({ message_id })).data).toEqual([])
    expect((await bob.client.messages.pins({ conversation_id })).data).toEqual([])
    const entries = await server.running.storage.log.read(conversation_id, 0, 1_000)
    expect(JSON.stringify(entries)).not.toContain('canary')
    expect(entries.map(entry => entry.event)).toContain('message.updated')
    const dead = [
      ada.client.messages.update({ message_id, content: 'x' }),
      ada.client.messages.react({ message_id, emoji: 'x' }),
      ada.client.messages.unreact({ message_id, emoji: 'x' }),
      ada.client.messages.pin({ message_id }),
    ]
    await Promise.all(dead.map(attempt => refused(attempt, 'gone')))
  })

  test('deleting messages of others is for admins of the group and ADMINs', async () => {
    const { ada, bob, conversation_id } = await pair()
    const root = await withRole(server, 'ADMIN')
    const [one, two] = [await say(bob, conversation_id, 'one'), await say(bob, conversation_id, 'two')]
    await ada.client.messages.delete({ message_id: one.id })
    await root.client.messages.delete({ message_id: two.id })
    const { data } = await bob.client.messages.list({ conversation_id })
    expect(data.map(message => message.content)).toEqual([null, null])
  })
})

describe('reactions', () => {
  test('reactions are idempotent, never toggle, and mark the own ones', async () => {
    const { ada, bob, conversation_id } = await pair()
    const { id: message_id } = await say(ada, conversation_id, 'hello')
    await bob.client.messages.react({ message_id, emoji: '👍' })
    const twice = await bob.client.messages.react({ message_id, emoji: '👍' })
    expect(twice.reactions).toEqual([{ emoji: '👍', count: 1, user_ids: [bob.id], me: true }])
    const both = await ada.client.messages.react({ message_id, emoji: '👍' })
    expect(both.reactions).toEqual([{ emoji: '👍', count: 2, user_ids: [bob.id, ada.id], me: true }])
    await bob.client.messages.unreact({ message_id, emoji: '👍' })
    await bob.client.messages.unreact({ message_id, emoji: '👍' })
    const seen = await bob.client.messages.get({ message_id })
    expect(seen.reactions).toEqual([{ emoji: '👍', count: 1, user_ids: [ada.id], me: false }])
    const { last_change } = await ada.client.conversations.get({ conversation_id })
    expect(last_change).toBe(5)
  })

  test('reactions of 30 people at once are all kept, and the first 20 are named', async () => {
    const { ada, conversation_id } = await pair()
    const others = await Promise.all(Array.from({ length: 30 }, () => register(server, 'many')))
    await ada.client.groups.addMembers({ conversation_id, user_ids: others.map(({ id }) => id) })
    const { id: message_id } = await say(ada, conversation_id, 'vote')
    await Promise.all(others.map(person => person.client.messages.react({ message_id, emoji: 'yes' })))
    const { reactions } = await ada.client.messages.get({ message_id })
    expect(reactions).toMatchObject([{ emoji: 'yes', count: 30, me: false }])
    expect(reactions[0]?.user_ids).toHaveLength(20)
  })

  test('a message takes at most 20 kinds of reactions', async () => {
    const { ada, bob, conversation_id } = await pair()
    const { id: message_id } = await say(ada, conversation_id, 'hello')
    const results = await Promise.allSettled(
      Array.from({ length: 25 }, (_, kind) => ada.client.messages.react({ message_id, emoji: `kind-${kind}` })),
    )
    expect(results.filter(result => result.status === 'fulfilled')).toHaveLength(20)
    await refused(bob.client.messages.react({ message_id, emoji: 'one-more' }), 'too_many_reactions')
  })
})

describe('pins', () => {
  test('pins are set by admins, listed latest first, and set once', async () => {
    const { ada, bob, conversation_id } = await pair()
    const [one, two] = [await say(ada, conversation_id, 'one'), await say(bob, conversation_id, 'two')]
    await refused(bob.client.messages.pin({ message_id: one.id }), 'forbidden')
    expect(await ada.client.messages.pin({ message_id: one.id })).toMatchObject({ id: one.id })
    await ada.client.messages.pin({ message_id: two.id })
    await ada.client.messages.pin({ message_id: two.id })
    const { data } = await bob.client.messages.pins({ conversation_id })
    expect(data.map(pin => [pin.message.id, pin.user_id])).toEqual([
      [two.id, ada.id],
      [one.id, ada.id],
    ])
    const page = await bob.client.messages.pins({ conversation_id, limit: 1 })
    expect(page).toMatchObject({ has_more: true, first_id: two.id, last_id: two.id })
    const start = page.next_start ?? ''
    expect((await bob.client.messages.pins({ conversation_id, start })).data.map(pin => pin.message.id)).toEqual([
      one.id,
    ])
    await refused(bob.client.messages.pins({ conversation_id, start: one.id }), 'validation_failed')
    await ada.client.messages.unpin({ message_id: two.id })
    await ada.client.messages.unpin({ message_id: two.id })
    expect((await bob.client.messages.pins({ conversation_id })).data.map(pin => pin.message.id)).toEqual([one.id])
  })
})

test('a system message cannot be sent, edited, deleted, reacted to or pinned', async () => {
  const { ada, conversation_id } = await pair()
  const { last_message } = await ada.client.conversations.update({ conversation_id, name: 'New name' })
  const message_id = last_message?.id ?? ''
  const attempts = [
    ada.client.messages.delete({ message_id }),
    ada.client.messages.react({ message_id, emoji: 'x' }),
    ada.client.messages.pin({ message_id }),
    ada.client.messages.update({ message_id, content: 'x' }),
    ada.client.messages.send({ conversation_id, content: 'x', type: 'system' }),
  ]
  await Promise.all(attempts.map(attempt => refused(attempt, 'system_message')))
})
