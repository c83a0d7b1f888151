import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import type { Storage } from '../../src/ports/storage.ts'
import { Crash } from '../support/faults.ts'
import { id, range } from '../conformance/storage/subject.ts'
import { group, said } from '../support/drafts.ts'
import { openFile } from '../support/sqlite.ts'

test('a repeated send is recognised before, during and after a merge of the sends, also after a crash in it', async () => {
  await using place = await openFile()
  const { open } = place
  const people = range(20).map(id)
  const [room, count] = [id(), 10_000]
  const draftOf = (index: number) => said(people[index % 20] ?? '', `${index}`, { client_id: `c${index}` })
  let merges = 0
  const fault = {
    before(command: string) {
      // In the middle of the second slice.
      if (command.startsWith('INSERT INTO sends') && (merges += 1) === 700) throw new Crash(command)
    },
  }
  const send = async ({ log }: Storage, from: number, to: number) => {
    for (let index = from; index < to; index += 500)
      await Promise.all(range(500).map(each => log.appendTo(room, [draftOf(index + each - 1)], {})))
  }
  const expectKnown = async (storage: Storage, stored: number) => {
    for (let index = 0; index < stored; index += 97)
      expect((await storage.log.appendTo(room, [draftOf(index)], {})).outcome).toBe('repeat')
    const mine = await storage.messages.bySender(people[3] ?? '', null, count)
    expect(mine.filter(message => message.type === 'text')).toHaveLength(stored / 20)
    const user_id = people[3] ?? ''
    await storage.log.appendToUser(user_id, { event: 'read.updated', conversation_id: room, seq: 100, kind: 'unread' })
    const [counts] = await storage.members.unread(user_id, await storage.members.ofUser(user_id))
    expect(counts?.unread_count).toBe(stored - stored / 20 - 95)
  }

  const doomed = await open(fault)
  await doomed.log.appendTo(room, [group(people[0] ?? '', ...people.slice(1))], {})
  await send(doomed, 0, count).catch(() => undefined)
  expect(merges).toBe(700)
  await doomed[Symbol.asyncDispose]()

  const storage = await open()
  const stored = (await storage.conversations.find(room))?.last_seq ?? 0
  expect(stored).toBeGreaterThan(8_000)
  await expectKnown(storage, stored)
  await send(storage, stored, stored + 10_000)
  await expectKnown(storage, stored + 10_000)
  await storage[Symbol.asyncDispose]()
  await using again = await open()
  await expectKnown(again, stored + 10_000)
})

test('the merge of the sends keeps up with any number of concurrent sends', async () => {
  await using place = await openFile()
  await using storage = await place.open()
  const [alice, room] = [id(), id()]
  await storage.log.appendTo(room, [group(alice)], {})
  for (const round of range(40))
    await Promise.all(
      range(1_000).map(n => storage.log.appendTo(room, [said(alice, 'x', { client_id: `${round}:${n}` })], {})),
    )
  const raw = new Database(place.file, { readonly: true })
  const merged = raw.query<{ value: string }, []>("SELECT value FROM meta WHERE key = 'sends_upto'").get()
  raw.close()
  expect(40_000 - Number(merged?.value)).toBeLessThan(20_000)
})
