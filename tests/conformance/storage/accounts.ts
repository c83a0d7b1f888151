import { describe, expect, test } from 'bun:test'
import type { SessionRecord } from '../../../src/domain/records.ts'
import { AT, id, person, range, type Subjects } from './subject.ts'

/** The fields of `person`. */
export const VERIFIED = { password_hash: 'hash' }
const LATER = '2026-11-25T09:30:00.000Z'

export function session(user_id: string, more: Partial<SessionRecord> = {}): SessionRecord {
  return {
    id: id(),
    user_id,
    generation: 0,
    rotated_at: AT,
    created_at: AT,
    last_used_at: AT,
    expires_at: LATER,
    revoked_at: null,
    user_agent: null,
    address: '127.0.0.1',
    ...more,
  }
}

export function accountsConformance(subjects: Subjects): void {
  describe('users', () => {
    test('users are found by id, username and e-mail address without regard to case', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const ada = person('Ada')
      expect(await storage.users.create(ada)).toBe('created')
      expect(await storage.users.find(ada.id)).toEqual(ada)
      expect(await storage.users.findByLogin({ username: 'aDA' })).toEqual(ada)
      expect(await storage.users.findByLogin({ email: 'ADA@example.ORG' })).toEqual(ada)
      expect(await storage.users.findByLogin({ username: 'ad' })).toBeNull()
      expect(await storage.users.find(id())).toBeNull()
      expect(await storage.users.findMany([id(), ada.id])).toEqual([ada])
    })

    test('users have unique names, also when many are created at once', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const asked = Array.from({ length: 20 }, (_, index) => person('wanted', { email: `w${index}@example.org` }))
      const answers = await Promise.all(asked.map(user => storage.users.create(user)))
      expect(answers.filter(answer => answer === 'created')).toHaveLength(1)
      expect(answers.filter(answer => answer === 'username_taken')).toHaveLength(19)
      const [other, same] = [person('other'), person('same')]
      await storage.users.create(other)
      expect(await storage.users.create({ ...same, email: 'OTHER@example.org' })).toBe('email_taken')
      await storage.users.create(same)
      expect(await storage.users.update(same.id, { username: 'OTHER' })).toBe('username_taken')
      expect(await storage.users.update(same.id, { email: 'Other@example.org' })).toBe('email_taken')
      expect(await storage.users.update(same.id, { username: 'SAME' })).toMatchObject({ username: 'SAME' })
      expect(await storage.users.update(same.id, {})).toMatchObject({ username: 'SAME' })
      expect(await storage.users.update(id(), { full_name: 'x' })).toBe('not_found')
    })

    test('external ids are unique, also when many users are created at once, and free once the user is deleted', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const asked = range(10).map(n => person(`ext${n}`, { external_id: 'shop|1' }))
      const answers = await Promise.all(asked.map(user => storage.users.create(user)))
      expect(answers.filter(answer => answer === 'created')).toHaveLength(1)
      expect(answers.filter(answer => answer === 'conflict')).toHaveLength(9)
      const ada = await storage.users.findByExternalId('shop|1')
      if (!ada) throw new Error('nobody has the external id')
      expect(ada).toMatchObject({ external_id: 'shop|1' })
      expect(await storage.users.findByExternalId('SHOP|1')).toBeNull()
      const bob = person('bob')
      await storage.users.create(bob)
      expect(await storage.users.update(bob.id, { external_id: 'shop|1' })).toBe('conflict')
      expect(await storage.users.update(bob.id, { external_id: 'shop|2' }, { external_id: 'shop|3' })).toBe('conflict')
      expect(await storage.users.update(bob.id, { external_id: 'shop|2' }, { external_id: null })).toMatchObject({
        external_id: 'shop|2',
      })
      await storage.users.update(ada.id, { deleted: true, email: null, external_id: null })
      expect(await storage.users.findByExternalId('shop|1')).toBeNull()
      expect(await storage.users.update(bob.id, { external_id: 'shop|1' })).toMatchObject({ external_id: 'shop|1' })
      expect(await storage.users.findByExternalId('shop|2')).toBeNull()
    })

    test('a session without a password is opened only for a user who has none', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [ada, bob] = [person('ada'), person('bob', { password_hash: null, external_id: 'shop|1' })]
      for (const user of [ada, bob]) await storage.users.create(user)
      expect(await storage.sessions.open(session(ada.id), { password_hash: null })).toBe('conflict')
      expect(await storage.sessions.open(session(bob.id), { password_hash: null })).toBe('opened')
      await storage.users.update(bob.id, { disabled: true })
      expect(await storage.sessions.open(session(bob.id), { password_hash: null })).toBe('conflict')
    })

    test('users are changed only while they are what the caller expects', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const ada = person('ada')
      await storage.users.create(ada)
      const update = (patch: object, expected: object) => storage.users.update(ada.id, patch, expected)
      expect(await update({ password_hash: 'two' }, { password_hash: 'one' })).toBe('conflict')
      expect(await storage.users.find(ada.id)).toEqual(ada)
      const raced = await Promise.all(
        range(10).map(n => update({ password_hash: `two${n}` }, { password_hash: 'hash' })),
      )
      expect(raced.filter(each => each === 'conflict')).toHaveLength(9)
      expect(await update({ full_name: 'Ada' }, { deleted: false })).toMatchObject({ full_name: 'Ada' })
      await update({ deleted: true, username: 'gone', full_name: null, email: null, password_hash: null }, {})
      expect(await update({ full_name: 'Ada' }, { deleted: false })).toBe('conflict')
      expect(await update({ password_hash: 'three' }, { password_hash: 'hash' })).toBe('conflict')
    })

    test('deleted users free their names', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const ada = person('ada')
      await storage.users.create(ada)
      await storage.users.update(ada.id, { deleted: true, username: 'deleted-1', email: null, password_hash: null })
      expect(await storage.users.findByLogin({ username: 'ada' })).toBeNull()
      expect(await storage.users.findByLogin({ username: 'deleted-1' })).toBeNull()
      expect(await storage.users.create(person('ada'))).toBe('created')
      const bob = person('bob')
      await storage.users.create(bob)
      await storage.users.update(bob.id, { deleted: true, username: 'deleted-1', email: null })
      expect((await storage.users.list({}, { ascending: true, limit: 10 })).map(user => user.username)).toEqual(['ada'])
    })

    test('users are found by their present name, also while other fields are changed', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      for (const n of range(10)) {
        const user = person(`before${n}`)
        await storage.users.create(user)
        await Promise.all([
          storage.users.update(user.id, { username: `after${n}` }),
          storage.users.update(user.id, { full_name: 'Somebody' }),
          storage.users.update(user.id, { email: `after${n}@example.org` }),
        ])
        const after = { id: user.id, username: `after${n}`, full_name: 'Somebody', email: `after${n}@example.org` }
        expect(await storage.users.findByLogin({ username: `after${n}` })).toMatchObject(after)
        expect(await storage.users.findByLogin({ email: `after${n}@example.org` })).toMatchObject(after)
        expect(await storage.users.findByLogin({ username: `before${n}` })).toBeNull()
        const page = { ascending: true, limit: 100 }
        expect((await storage.users.list({ q: 'somebody' }, page)).map(({ id }) => id)).toContain(user.id)
        expect(await storage.users.create(person(`after${n}`, { email: null }))).toBe('username_taken')
      }
    })

    test('deleted users free their names, also if they are changed at the same time', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const gone = { deleted: true, disabled: true, username: 'deleted', email: null, full_name: null }
      for (const n of range(10)) {
        const user = person(`ada${n}`)
        await storage.users.create(user)
        await Promise.all([
          storage.users.update(user.id, gone),
          storage.users.update(user.id, { password_hash: 'other' }),
          storage.users.update(user.id, { username: `lovelace${n}` }),
        ])
        expect(await storage.users.create(person(`ada${n}`))).toBe('created')
        expect(await storage.users.create(person(`lovelace${n}`))).toBe('created')
      }
    })

    test('50 concurrent changes of the last two ADMINs leave one ADMIN', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [one, two] = [person('one', { role: 'ADMIN' }), person('two', { role: 'ADMIN' })]
      expect(await Promise.all([storage.users.createFirst(one), storage.users.createFirst(two)])).toContain(true)
      const first = (await storage.users.find(one.id)) ? one : two
      const second = first === one ? two : one
      await storage.users.create(second)
      const patches = [{ role: 'USER' as const }, { disabled: true }, { deleted: true, email: null, username: 'x' }]
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          storage.users.update(index % 2 ? first.id : second.id, patches[index % 3] ?? {}),
        ),
      )
      expect(answers).toContain('last_admin')
      const left = await storage.users.list({ role: 'ADMIN', disabled: false }, { ascending: true, limit: 10 })
      expect(left).toHaveLength(1)
      expect(await storage.users.update(left[0]?.id ?? '', { full_name: 'Still here' })).toMatchObject({
        role: 'ADMIN',
      })
    })

    test('an ADMIN who cannot sign in does not count as the last one', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const ada = person('ada', { role: 'ADMIN', password_hash: 'hash' })
      const program = person('program', { role: 'ADMIN', password_hash: null, external_id: null })
      for (const user of [ada, program]) expect(await storage.users.create(user)).toBe('created')
      for (const patch of [{ role: 'USER' as const }, { disabled: true }])
        expect(await storage.users.update(ada.id, patch)).toBe('last_admin')
      expect(await storage.users.update(program.id, { role: 'USER' })).toMatchObject({ role: 'USER' })
      const bob = person('bob', { role: 'ADMIN', password_hash: null, external_id: 'bob@shop' })
      expect(await storage.users.create(bob)).toBe('created')
      expect(await storage.users.update(ada.id, { role: 'USER' })).toMatchObject({ role: 'USER' })
      expect(await storage.users.update(bob.id, { external_id: null })).toBe('last_admin')
    })

    test('of 20 first users at once, one is created', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const firsts = Array.from({ length: 20 }, (_, index) => person(`first${index}`, { role: 'ADMIN' }))
      const made = await Promise.all(firsts.map(user => storage.users.createFirst(user)))
      expect(made.filter(Boolean)).toHaveLength(1)
      expect(await storage.users.list({}, { ascending: true, limit: 100 })).toHaveLength(1)
    })

    test('users are listed by id in both directions, by prefix, role and state', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const people = ['anna', 'anton', 'berta', 'Anja', 'carl'].map(name => person(name))
      for (const user of people) await storage.users.create(user)
      await storage.users.update(people[2]?.id ?? '', { full_name: 'Anna-Berta', role: 'USER' })
      await storage.users.update(people[4]?.id ?? '', { disabled: true })
      const names = async (...args: Parameters<typeof storage.users.list>) =>
        (await storage.users.list(...args)).map(user => user.username)
      expect(await names({ q: 'AN' }, { ascending: true, limit: 10 })).toEqual(['anna', 'anton', 'berta', 'Anja'])
      expect(await names({ q: 'an', role: 'USER' }, { ascending: true, limit: 10 })).toEqual(['berta'])
      expect(await names({ disabled: true }, { ascending: true, limit: 10 })).toEqual(['carl'])
      expect(await names({ disabled: false }, { ascending: false, limit: 2 })).toEqual(['Anja', 'berta'])
      await storage.users.update(people[0]?.id ?? '', { full_name: 'Zoe\u0308 Am\u00e9lie' })
      for (const q of ['zo\u00eb am', 'ZOE\u0308 AME\u0301LIE'])
        expect(await names({ q }, { ascending: true, limit: 10 })).toEqual(['anna'])
      for (const q of ['%', '_', '.*', '^', '"', '\\', '$'])
        expect(await names({ q }, { ascending: true, limit: 10 })).toEqual([])
      const ids = people.map(user => user.id)
      const bounds = { ascending: true, start: ids[1] ?? '', before: ids[3] ?? '', limit: 10 }
      expect(await names({}, bounds)).toEqual(['anton', 'berta'])
      const back = { ascending: false, start: ids[3] ?? '', before: ids[1] ?? '', limit: 10 }
      expect(await names({}, back)).toEqual(['Anja', 'berta'])
    })
  })

  describe('sessions', () => {
    test('sessions rotate once per generation, also concurrently, and not after they are revoked', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const ada = person('ada')
      await storage.users.create(ada)
      const kept = session(ada.id)
      expect(await storage.sessions.open(kept, VERIFIED)).toBe('opened')
      expect(await storage.sessions.find(kept.id)).toEqual(kept)
      const end = '2026-12-01T00:00:00.000Z'
      const raced = await Promise.all(
        Array.from({ length: 20 }, () => storage.sessions.rotate(kept.id, { from: 0, to: 1 }, LATER, end)),
      )
      expect(raced.filter(Boolean)).toHaveLength(1)
      expect(await storage.sessions.find(kept.id)).toMatchObject({
        generation: 1,
        rotated_at: LATER,
        last_used_at: LATER,
        expires_at: end,
      })
      expect(await storage.sessions.rotate(kept.id, { from: 1, to: 7 }, LATER, end)).toBe(true)
      expect(await storage.sessions.find(kept.id)).toMatchObject({ generation: 7 })
      expect(await storage.sessions.revoke(kept.id, LATER)).toBe(true)
      expect(await storage.sessions.revoke(kept.id, LATER)).toBe(false)
      expect(await storage.sessions.rotate(kept.id, { from: 7, to: 8 }, LATER, end)).toBe(false)
      expect(await storage.sessions.revoke(id(), LATER)).toBe(false)
    })

    test('sessions open only while the user has the verified hash and may sign in, and replace the hash in the same step', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [ada, off, gone] = [person('ada'), person('off', { disabled: true }), person('gone', { deleted: true })]
      for (const user of [ada, off, gone]) await storage.users.create(user)
      const opens = async (user_id: string, verified: Parameters<typeof storage.sessions.open>[1]) => {
        const opening = session(user_id)
        const outcome = await storage.sessions.open(opening, verified)
        const listed = await storage.sessions.listOfUser(user_id, AT)
        expect(listed.some(each => each.id === opening.id)).toBe(outcome === 'opened')
        return outcome
      }
      const hashOf = async () => (await storage.users.find(ada.id))?.password_hash
      expect(await opens(ada.id, { password_hash: 'other' })).toBe('conflict')
      expect(await opens(ada.id, { password_hash: 'other', new_hash: 'anew' })).toBe('conflict')
      expect(await opens(off.id, VERIFIED)).toBe('conflict')
      expect(await opens(gone.id, { ...VERIFIED, new_hash: 'anew' })).toBe('conflict')
      expect(await opens(id(), VERIFIED)).toBe('conflict')
      expect(await hashOf()).toBe('hash')
      expect(await opens(ada.id, { ...VERIFIED, new_hash: 'anew' })).toBe('opened')
      expect(await hashOf()).toBe('anew')
      expect(await opens(ada.id, VERIFIED)).toBe('conflict')
      const kept = session(ada.id)
      const again = { password_hash: 'anew', new_hash: 'newest' }
      expect(await storage.sessions.open(kept, again)).toBe('opened')
      expect(await storage.users.find(ada.id)).toEqual({ ...ada, password_hash: 'newest' })
    })

    test('sessions that are opened while the password changes end with the others or do not open', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      for (const n of range(10)) {
        const ada = person(`ada${n}`)
        await storage.users.create(ada)
        const change = async () => {
          await storage.users.update(ada.id, { password_hash: 'changed' }, VERIFIED)
          await storage.sessions.revokeAllOfUser(ada.id, AT)
        }
        const opening = range(10).map(m =>
          storage.sessions.open(session(ada.id), m % 2 ? VERIFIED : { ...VERIFIED, new_hash: `anew${m}` }),
        )
        await Promise.all([...opening, change()])
        if ((await storage.users.find(ada.id))?.password_hash === 'changed')
          expect(await storage.sessions.listOfUser(ada.id, AT)).toEqual([])
      }
    })

    test('sessions of a user are listed newest first and revoked together', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [ada, other] = [person('ada'), person('other')]
      for (const user of [ada, other]) await storage.users.create(user)
      const user_id = ada.id
      const [old, one, two, three] = [
        session(user_id, { expires_at: AT }),
        session(user_id),
        session(user_id),
        session(user_id),
      ]
      for (const each of [old, one, two, three, session(other.id)]) await storage.sessions.open(each, VERIFIED)
      const listed = await storage.sessions.listOfUser(user_id, '2026-11-24T10:00:00.000Z')
      expect(listed.map(each => each.id)).toEqual([three.id, two.id, one.id])
      const revoked = await storage.sessions.revokeAllOfUser(user_id, AT, two.id)
      expect(revoked).toEqual(expect.arrayContaining([one.id, three.id]))
      expect(revoked).not.toContain(two.id)
      expect((await storage.sessions.listOfUser(user_id, AT)).map(each => each.id)).toEqual([two.id])
      expect(await storage.sessions.revokeAllOfUser(user_id, AT, two.id)).toEqual([])
    })

    test('a ticket is given to one of 20 concurrent callers, and to none after it has expired', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const ticket = { hash: 'h1', session_id: id(), expires_at: LATER, token_expires_at: LATER }
      await storage.sessions.createTicket(ticket)
      await storage.sessions.createTicket({ ...ticket, hash: 'h2', expires_at: AT })
      const taken = await Promise.all(Array.from({ length: 20 }, () => storage.sessions.takeTicket('h1', AT)))
      expect(taken.filter(Boolean)).toEqual([ticket])
      expect(await storage.sessions.takeTicket('h2', LATER)).toBeNull()
      expect(await storage.sessions.takeTicket('h3', AT)).toBeNull()
    })
  })

  test('cursors are kept, replaced, and swept after they expire', async () => {
    await using subject = await subjects()
    await using storage = await subject.open()
    const cursor = { id: id(), user_id: id(), positions: { [id()]: 3, [id()]: 0 }, expires_at: LATER }
    await storage.cursors.save(cursor)
    expect(await storage.cursors.find(cursor.id)).toEqual(cursor)
    await storage.cursors.save({ ...cursor, positions: {} })
    expect(await storage.cursors.find(cursor.id)).toEqual({ ...cursor, positions: {} })
    const ada = person('ada')
    await storage.users.create(ada)
    const kept = session(ada.id)
    await storage.sessions.open(kept, VERIFIED)
    await storage.sweep('2026-11-25T00:00:00.000Z')
    expect(await storage.sessions.find(kept.id)).toEqual(kept)
    await storage.sweep('2026-11-26T00:00:00.000Z')
    expect(await storage.cursors.find(cursor.id)).toBeNull()
    expect(await storage.sessions.find(kept.id)).toBeNull()
  })

  test('the epoch identifies the store, and stays when the store is opened again', async () => {
    await using subject = await subjects()
    const first = await subject.open()
    const { epoch } = first
    await first.health()
    await first[Symbol.asyncDispose]()
    await using again = await subject.open()
    expect(again.epoch).toBe(epoch)
    await using other = await subjects()
    await using elsewhere = await other.open()
    expect(elsewhere.epoch).not.toBe(epoch)
  })
}
