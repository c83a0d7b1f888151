import type { MemberRole } from './entities.ts'
import type { Role } from './roles.ts'

/** What each member role adds to the one before it (specification, Roles). */
const MEMBER = ['messages.send', 'messages.react', 'messages.unreact'] as const
const MODERATION = ['messages.delete', 'messages.pin', 'messages.unpin'] as const
const PEOPLE = [
  'groups.add-members',
  'groups.remove-member',
  'invites.create',
  'invites.list',
  'invites.revoke',
] as const

const CHANGING: readonly string[] = ['conversations.update', 'groups.update']
const DELETING: readonly string[] = ['conversations.delete', 'groups.delete']

/** Every operation that `me.permissions` may name. */
export const PERMISSIONS = [
  ...MEMBER,
  ...MODERATION,
  ...PEOPLE,
  'conversations.update',
  'groups.update',
  'groups.update-member',
  'conversations.delete',
  'groups.delete',
] as const
export type Permission = (typeof PERMISSIONS)[number]

interface ConversationKind {
  type: 'direct' | 'group'
}

/**
 * The operations that a user may call on a conversation and on other users' messages in it, by global role and member role;
 * null: not a member. Own messages, own settings, reading and leaving are not listed: every member has them.
 */
export function permissionsOf(role: Role, member: MemberRole | null, { type }: ConversationKind): Permission[] {
  const permissions: Permission[] = member === null ? [] : [...MEMBER]
  const admin = role === 'ADMIN'
  const group = type === 'group'
  const leads = group && (member === 'admin' || member === 'owner')
  if (admin || leads) permissions.push(...MODERATION)
  if (group && (admin || leads)) permissions.push(...PEOPLE)
  if (admin || (leads && role === 'EDITOR')) permissions.push('conversations.update')
  if (group && (admin || (leads && role === 'EDITOR'))) permissions.push('groups.update')
  if (group && (admin || member === 'owner')) permissions.push('groups.update-member')
  if (admin) permissions.push('conversations.delete')
  if (group && admin) permissions.push('groups.delete')
  return permissions
}

/** As `permissionsOf`; while a conversation is disabled only restoring and purging it remain. */
export function permissionsNow(
  role: Role,
  member: MemberRole | null,
  conversation: ConversationKind & { disabled: boolean },
): Permission[] {
  const permissions = permissionsOf(role, member, conversation)
  if (!conversation.disabled) return permissions
  const restores = role === 'ADMIN' || member === 'owner'
  return permissions.filter(name => DELETING.includes(name) || (restores && CHANGING.includes(name)))
}
