import type { Me, MemberRole, Role } from '../wire-types.ts'

type Permission = Me['permissions'][number]

/**
 * What the viewer may do in a conversation, by global role and member role. The rules are those of the server
 * (specification, Roles); they are repeated here because the server tells the roles in events, and not what follows.
 */
export function permissionsOf(
  role: Role,
  member: MemberRole,
  { type, disabled }: { type: 'direct' | 'group'; disabled: boolean },
): Permission[] {
  const admin = role === 'ADMIN'
  const group = type === 'group'
  const leads = admin || (group && member !== 'member')
  const edits = admin || (group && member !== 'member' && role === 'EDITOR')
  const owns = admin || member === 'owner'
  const rules: readonly (readonly [boolean, ...Permission[]])[] = [
    [!disabled, 'messages.send', 'messages.react', 'messages.unreact'],
    [!disabled && leads, 'messages.delete', 'messages.pin', 'messages.unpin'],
    [!disabled && group && leads, 'groups.add-members', 'groups.remove-member'],
    [!disabled && group && leads, 'invites.create', 'invites.list', 'invites.revoke'],
    [edits && (!disabled || owns), 'conversations.update'],
    [group && edits && (!disabled || owns), 'groups.update'],
    [!disabled && group && owns, 'groups.update-member'],
    [admin, 'conversations.delete'],
    [group && admin, 'groups.delete'],
  ]
  return rules.flatMap(([holds, ...names]) => (holds ? names : []))
}
