import { z } from 'zod'
import { MAX_PEOPLE } from './conversations.ts'
import { Member, memberRole } from './entities.ts'
import { ADA, AT, BOB, ROOM } from './examples.ts'
import { id, userRef } from './fields.ts'
import { op } from './kit.ts'

/** A group is a conversation of type `group` with the same id. */
const conversation_id = id
const ask = { conversation_id: ROOM }

export const groups = {
  'add-members': op({
    method: 'POST',
    path: '/groups/{conversation_id}/members',
    allow: 'user',
    summary: 'Add users to a group',
    description:
      'Needs the member role admin or owner, or the global role ADMIN. A role other than member needs the owner or an ADMIN.',
    input: z.strictObject({
      conversation_id,
      user_ids: z.array(id).min(1).max(MAX_PEOPLE),
      role: memberRole.default('member'),
    }),
    output: z
      .object({ added: z.array(id), already_members: z.array(id), skipped: z.array(id) })
      .meta({ id: 'MembersAdded', description: '`skipped`: unknown, disabled or deleted users' }),
    status: [200],
    errors: ['not_found', 'forbidden', 'conversation_disabled'],
    emits: ['member.added'],
    example: { input: { ...ask, user_ids: [BOB] }, output: { added: [BOB], already_members: [], skipped: [] } },
  }),
  'update-member': op({
    method: 'PUT',
    path: '/groups/{conversation_id}/members/{user_id}',
    allow: 'user',
    summary: "Set a member's role",
    description: 'For owners and ADMINs. The last owner of a group cannot be demoted.',
    input: z.strictObject({ conversation_id, user_id: userRef, role: memberRole }),
    output: Member,
    status: [200],
    errors: ['not_found', 'forbidden', 'conversation_disabled', 'last_owner'],
    emits: ['member.updated'],
    example: { input: { ...ask, user_id: BOB, role: 'admin' }, output: { user_id: BOB, role: 'admin', joined_at: AT } },
  }),
  'remove-member': op({
    method: 'DELETE',
    path: '/groups/{conversation_id}/members/{user_id}',
    allow: 'user',
    summary: 'Remove a member, or leave',
    description:
      'When the last owner leaves or is removed, the admin who joined first becomes owner, or without admins the member ' +
      'who joined first.',
    input: z.strictObject({ conversation_id, user_id: userRef }),
    output: null,
    status: [204],
    errors: ['not_found', 'forbidden', 'conversation_disabled'],
    emits: ['member.updated', 'member.removed'],
    example: { input: { ...ask, user_id: ADA }, output: null },
  }),
} as const
