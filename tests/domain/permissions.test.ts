import { expect, test } from 'bun:test'
import { Me } from '../../contracts/entities.ts'
import { operations } from '../../contracts/index.ts'
import { PERMISSIONS, permissionsNow, permissionsOf } from '../../contracts/permissions.ts'

const POST = ['messages.send', 'messages.react', 'messages.unreact'] as const
const MODERATE = ['messages.delete', 'messages.pin', 'messages.unpin'] as const
const MANAGE = [
  'groups.add-members',
  'groups.remove-member',
  'invites.create',
  'invites.list',
  'invites.revoke',
] as const
const CHANGE = ['conversations.update', 'groups.update'] as const
const DELETE = ['conversations.delete', 'groups.delete'] as const
const group = { type: 'group' } as const
const direct = { type: 'direct' } as const

test('permissions are names of operations', () => {
  const names = operations().map(([name]) => name)
  expect(names).toEqual(expect.arrayContaining([...PERMISSIONS]))
})

test('the schema and the examples of the contract know no other permissions', () => {
  expect(Me.shape.permissions.safeParse(['conversations.read']).success).toBe(false)
  const shown = operations().flatMap(([, { example }]) => permissionsIn(example.output))
  expect(shown.length).toBeGreaterThan(0)
  expect(PERMISSIONS).toEqual(expect.arrayContaining(shown))
})

/** Every list under the key `permissions`, however deep. */
function permissionsIn(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
    key === 'permissions' && Array.isArray(inner) ? (inner as unknown[]) : permissionsIn(inner),
  )
}

test('a member of a group posts; an admin also moderates and manages; the owner also gives roles', () => {
  expect(permissionsOf('USER', 'member', group)).toEqual([...POST])
  expect(permissionsOf('EDITOR', 'member', group)).toEqual([...POST])
  expect(permissionsOf('USER', 'admin', group)).toEqual([...POST, ...MODERATE, ...MANAGE])
  expect(permissionsOf('EDITOR', 'admin', group)).toEqual([...POST, ...MODERATE, ...MANAGE, ...CHANGE])
  const owner = [...POST, ...MODERATE, ...MANAGE, 'groups.update-member'] as const
  expect(permissionsOf('USER', 'owner', group)).toEqual([...owner])
  expect(new Set(permissionsOf('EDITOR', 'owner', group))).toEqual(new Set([...owner, ...CHANGE]))
})

test('an ADMIN who is not a member does everything but post and react', () => {
  const posts: readonly string[] = POST
  expect(permissionsOf('ADMIN', null, group)).toEqual(PERMISSIONS.filter(name => !posts.includes(name)))
  expect(permissionsOf('ADMIN', 'member', group).toSorted()).toEqual(PERMISSIONS.toSorted())
  expect(permissionsOf('EDITOR', null, group)).toEqual([])
})

test('in a direct conversation both post, and only an ADMIN does more', () => {
  expect(permissionsOf('EDITOR', 'member', direct)).toEqual([...POST])
  expect(permissionsOf('ADMIN', null, direct)).toEqual([...MODERATE, 'conversations.update', 'conversations.delete'])
})

test('while a conversation is disabled only restoring and purging it remain', () => {
  const disabled = { ...group, disabled: true }
  expect(permissionsNow('EDITOR', 'owner', disabled)).toEqual([...CHANGE])
  expect(permissionsNow('EDITOR', 'admin', disabled)).toEqual([])
  expect(permissionsNow('ADMIN', null, disabled)).toEqual([...CHANGE, ...DELETE])
  expect(permissionsNow('USER', 'member', { ...group, disabled: false })).toEqual([...POST])
})
