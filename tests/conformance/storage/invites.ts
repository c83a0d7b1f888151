import { describe, expect, test } from 'bun:test'
import type { DraftOf } from '../../../src/domain/log/entry.ts'
import type { InviteRecord } from '../../../src/domain/records.ts'
import { auditStore } from '../../support/audit.ts'
import { group } from '../../support/drafts.ts'
import { AT, id, range, type Subjects } from './subject.ts'

const LATER = '2999-01-01T00:00:00.000Z'

export function invite(conversation_id: string, more: Partial<InviteRecord> = {}): InviteRecord {
  const ended = { expires_at: null, max_uses: null, uses: 0, revoked_at: null }
  return { id: id(), code: crypto.randomUUID(), conversation_id, created_by: id(), created_at: AT, ...ended, ...more }
}

export function joining(user_id: string, join: DraftOf<'member.added'>['join'] = 'public'): DraftOf<'member.added'> {
  return { event: 'member.added', actor_id: user_id, members: [{ user_id, role: 'member' }], ...(join && { join }) }
}

export function invitesConformance(subjects: Subjects): void {
  describe('invites', () => {
    test('invites are found by code, and listed by id while they are neither revoked nor expired', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [ada, room] = [id(), id()]
      await storage.log.appendTo(room, [group(ada)], {})
      const lasting = invite(room, { created_by: ada, max_uses: 2 })
      const expiring = invite(room, { created_by: ada, expires_at: LATER })
      const revoked = invite(room, { created_by: ada })
      const expired = invite(room, { expires_at: AT })
      for (const each of [lasting, expiring, revoked, expired]) expect(await storage.invites.create(each)).toBe(true)
      await storage.invites.revoke(revoked.code, AT)
      await storage.invites.revoke(revoked.code, LATER)
      expect(await storage.invites.find(lasting.code)).toEqual(lasting)
      expect(await storage.invites.find(revoked.code)).toEqual({ ...revoked, revoked_at: AT })
      expect(await storage.invites.find('unknown')).toBeNull()
      const list = (page: object) => storage.invites.list(room, AT, { ascending: true, limit: 10, ...page })
      expect(await list({})).toEqual([lasting, expiring])
      expect(await list({ ascending: false })).toEqual([expiring, lasting])
      expect(await list({ limit: 1 })).toEqual([lasting])
      expect(await list({ start: expiring.id })).toEqual([expiring])
      expect(await list({ before: expiring.id })).toEqual([lasting])
      expect(await storage.invites.list(id(), AT, { ascending: true, limit: 10 })).toEqual([])
      const own = () => storage.invites.ofUser(ada, { ascending: true, limit: 10 })
      expect((await own()).map(({ code }) => code)).toEqual([lasting, expiring, revoked].map(({ code }) => code))
      await storage.invites.revokeAllOfUser(ada, LATER)
      expect((await own()).map(({ revoked_at }) => revoked_at)).toEqual([LATER, LATER, AT])
      expect(await list({})).toEqual([])
    })

    test('an invite admits exactly as many of 50 concurrent joins as it has uses left', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [ada, room] = [id(), id()]
      await storage.log.appendTo(room, [group(ada)], {})
      const seven = invite(room, { max_uses: 7 })
      await storage.invites.create(seven)
      const people = range(50).map(id)
      const join = (user_id: string) => storage.log.appendTo(room, [joining(user_id, { code: seven.code })], {})
      const answers = await Promise.all(people.map(join))
      const admitted = people.filter((_, index) => answers[index]?.outcome === 'committed')
      expect(admitted).toHaveLength(7)
      const refusals = answers.filter(({ outcome }) => outcome !== 'committed')
      expect(refusals).toEqual(refusals.map(() => ({ outcome: 'refused', code: 'gone' })))
      expect(await storage.invites.find(seven.code)).toEqual({ ...seven, uses: 7 })
      // Who is a member uses nothing up.
      expect((await join(admitted[0] ?? '')).outcome).toBe('unchanged')
      const members = await storage.members.list(room, { ascending: true, limit: 100 })
      expect(members.map(({ user_id }) => user_id)).toEqual([ada, ...admitted].toSorted())
      await auditStore(storage, [room], [ada, ...admitted])
    })

    test('nobody joins by an invite that is revoked, expired, unknown or of another group, nor a disabled group', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [ada, room, other] = [id(), id(), id()]
      for (const each of [room, other]) await storage.log.appendTo(each, [group(ada)], {})
      const [open, revoked, expired] = [invite(room), invite(room), invite(room, { expires_at: AT })]
      for (const each of [open, revoked, expired]) await storage.invites.create(each)
      await storage.invites.revoke(revoked.code, AT)
      const join = (conversation_id: string, by: DraftOf<'member.added'>['join']) =>
        storage.log.appendTo(conversation_id, [joining(id(), by)], {})
      expect(await join(room, { code: revoked.code })).toEqual({ outcome: 'refused', code: 'gone' })
      expect(await join(room, { code: expired.code })).toEqual({ outcome: 'refused', code: 'gone' })
      expect(await join(room, { code: 'unknown' })).toEqual({ outcome: 'refused', code: 'not_found' })
      expect(await join(other, { code: open.code })).toEqual({ outcome: 'refused', code: 'not_found' })
      expect(await join(room, 'public')).toEqual({ outcome: 'refused', code: 'not_found' })
      const update = (patch: DraftOf<'conversation.updated'>['patch']) =>
        storage.log.appendTo(room, [{ event: 'conversation.updated', actor_id: ada, patch }], {})
      await update({ visibility: 'public' })
      expect(await join(room, 'public')).toMatchObject({ outcome: 'committed' })
      await update({ disabled: true })
      expect(await join(room, 'public')).toEqual({ outcome: 'refused', code: 'conversation_disabled' })
      expect(await join(room, { code: open.code })).toEqual({ outcome: 'refused', code: 'conversation_disabled' })
      expect(await storage.invites.find(open.code)).toEqual(open)
    })

    test('a purge removes the invites of its conversation, and none is created afterwards', async () => {
      await using subject = await subjects()
      await using storage = await subject.open()
      const [ada, room, other] = [id(), id(), id()]
      for (const each of [room, other]) await storage.log.appendTo(each, [group(ada)], {})
      const [gone, kept] = [invite(room, { created_by: ada }), invite(other, { created_by: ada })]
      for (const each of [gone, kept]) await storage.invites.create(each)
      await storage.log.appendTo(room, [{ event: 'conversation.deleted' }], {})
      expect(await storage.invites.find(gone.code)).toBeNull()
      expect(await storage.invites.create(invite(room))).toBe(false)
      expect(await storage.invites.create(invite(id()))).toBe(false)
      expect(await storage.invites.list(room, AT, { ascending: true, limit: 10 })).toEqual([])
      expect(await storage.invites.ofUser(ada, { ascending: true, limit: 10 })).toEqual([kept])
    })
  })

  test('public groups are listed by id and found by a part of their name, while they are neither disabled nor purged', async () => {
    await using subject = await subjects()
    await using storage = await subject.open()
    const ada = id()
    const create = async (name: string | null, visibility: 'public' | 'private' = 'public') => {
      const room = id()
      const draft = group(ada)
      await storage.log.appendTo(room, [{ ...draft, conversation: { ...draft.conversation, name, visibility } }], {})
      return room
    }
    const engines = await create('Difference Engines')
    const zoe = await create('Zoe\u0308 & [friends].*')
    const nameless = await create(null)
    const secret = await create('Secret engines', 'private')
    const list = async (filter: { q?: string }, page: object = {}) =>
      (await storage.conversations.listPublic(filter, { ascending: true, limit: 10, ...page })).map(each => each.id)
    expect(await list({})).toEqual([engines, zoe, nameless])
    expect(await list({}, { ascending: false, limit: 2 })).toEqual([nameless, zoe])
    expect(await list({}, { start: zoe, before: nameless })).toEqual([zoe])
    for (const q of ['engine', 'ENCE E', 'difference engines']) expect(await list({ q })).toEqual([engines])
    for (const q of ['ZO\u00cb', '& [', '].*', '.']) expect(await list({ q })).toEqual([zoe])
    for (const q of ['%', '_', '^', '$', '\\', '"', 'x*', '(']) expect(await list({ q })).toEqual([])
    const update = (room: string, patch: DraftOf<'conversation.updated'>['patch']) =>
      storage.log.appendTo(room, [{ event: 'conversation.updated', actor_id: ada, patch }], {})
    await update(secret, { visibility: 'public' })
    await update(engines, { name: 'Looms' })
    expect(await storage.conversations.find(secret)).toMatchObject({ visibility: 'public' })
    expect(await list({ q: 'engines' })).toEqual([secret])
    await update(secret, { visibility: 'private' })
    await update(zoe, { disabled: true })
    await storage.log.appendTo(nameless, [{ event: 'conversation.deleted' }], {})
    expect(await list({})).toEqual([engines])
    await update(zoe, { disabled: false })
    expect(await list({})).toEqual([engines, zoe])
    await auditStore(storage, [engines, zoe, nameless, secret], [ada])
  })

  test('who joins a group that everybody has left becomes its owner', async () => {
    await using subject = await subjects()
    await using storage = await subject.open()
    const [ada, bob, cy, room] = [id(), id(), id(), id()]
    const draft = group(ada)
    await storage.log.appendTo(room, [{ ...draft, conversation: { ...draft.conversation, visibility: 'public' } }], {})
    await storage.log.appendTo(room, [{ event: 'member.removed', actor_id: ada, user_ids: [ada] }], {})
    await Promise.all([bob, cy].map(user_id => storage.log.appendTo(room, [joining(user_id)], {})))
    const roles = (await storage.members.list(room, { ascending: true, limit: 10 })).map(({ role }) => role)
    expect(roles.toSorted()).toEqual(['member', 'owner'])
    await auditStore(storage, [room], [ada, bob, cy])
  })
}
