import { z } from 'zod'
import { MAX_PEOPLE, deletesOne, getsOne, name, topic, updatesOne } from './conversations.ts'
import { Conversation, Member, memberRole, visibility } from './entities.ts'
import { ADA, AT, BOB, ROOM, group, listOf } from './examples.ts'
import { id, list, page, text, userRef } from './fields.ts'
import { op } from './kit.ts'

/** A group is a conversation of type `group` with the same id. */
const conversation_id = id
const ask = { conversation_id: ROOM }

export const groups = {
  create: op({
    method: 'POST',
    path: '/groups',
    location: '/groups/{id}',
    allow: ['ADMIN', 'EDITOR'],
    summary: 'Create a group',
    description: 'The same as creating a conversation of type `group`: the caller becomes its owner.',
    input: z.strictObject({
      name,
      topic: topic.nullish(),
      visibility: visibility.default('private'),
      member_ids: z
        .array(id)
        .max(MAX_PEOPLE)
        .meta({ description: 'the other members. The caller is always a member.' }),
    }),
    output: Conversation,
    status: [201],
    errors: ['cannot_message_user'],
    emits: ['conversation.created'],
    example: { input: { name: 'Engines', member_ids: [BOB], visibility: 'public' }, output: group },
  }),
  list: op({
    method: 'GET',
    path: '/groups',
    allow: 'user',
    summary: 'List the public groups',
    description: 'Those of others too, without `last_message` and with `me` null. Disabled groups are not listed.',
    input: z.strictObject({
      q: text(1, 100).optional().meta({ description: 'part of the name, without regard to case' }),
      ...page,
    }),
    output: list(Conversation),
    status: [200],
    errors: [],
    emits: [],
    example: { input: { q: 'eng' }, output: listOf(group) },
  }),
  get: op({
    method: 'GET',
    path: '/groups/{conversation_id}',
    allow: 'user',
    summary: 'Get a group',
    description: 'Somebody who is not a member sees a public group without `last_message` and with `me` null.',
    ...getsOne,
    example: { input: ask, output: group },
  }),
  update: op({
    method: 'PUT',
    path: '/groups/{conversation_id}',
    allow: ['ADMIN', 'EDITOR'],
    summary: 'Change name, topic, visibility or participants of a group; disable or restore it',
    description: 'The same as changing the conversation.',
    ...updatesOne,
    example: { input: { ...ask, visibility: 'public' }, output: group },
  }),
  delete: op({
    method: 'DELETE',
    path: '/groups/{conversation_id}',
    allow: ['ADMIN'],
    summary: 'Disable a group, or purge it with all its messages',
    description: 'The same as deleting the conversation.',
    ...deletesOne,
  }),
  join: op({
    method: 'POST',
    path: '/groups/{conversation_id}/join',
    allow: 'user',
    summary: 'Join a public group',
    description: 'Answers 200 to a member too.',
    input: z.strictObject({ conversation_id }),
    output: Conversation,
    status: [200],
    errors: ['not_found', 'forbidden', 'conversation_disabled'],
    emits: ['member.added'],
    example: { input: ask, output: group },
  }),
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
    output: z.object({ added: z.array(id), already_members: z.array(id), skipped: z.array(id) }).meta({
      id: 'MembersAdded',
      description: '`skipped`: unknown, disabled or deleted users, and those who have blocked the caller',
    }),
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
