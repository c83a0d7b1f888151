import { z } from 'zod'
import { username } from './auth.ts'
import { Contact } from './entities.ts'
import { AT, BOB, bob } from './examples.ts'
import { id, list, page, text } from './fields.ts'
import { op } from './kit.ts'

/** The other user's id. */
const contact_id = id
const contact = { contact_id: BOB, user: bob, added_at: AT, blocked_at: null } as const

export const contacts = {
  add: op({
    method: 'POST',
    path: '/contacts',
    allow: 'user',
    summary: 'Add a user, named by id or username, to your contacts',
    description: 'The user is not asked and not told. Adding again answers 200 and changes nothing.',
    input: z
      .strictObject({ user_id: id.optional(), username: username.optional() })
      .refine(input => (input.user_id === undefined) !== (input.username === undefined), {
        path: ['user_id'],
        message: 'exactly one of user_id and username is needed',
      })
      .meta({ oneOf: [{ required: ['user_id'] }, { required: ['username'] }] }),
    output: Contact,
    status: [201, 200],
    errors: ['not_found'],
    emits: ['contact.added'],
    example: { input: { user_id: BOB }, output: contact },
  }),
  list: op({
    method: 'GET',
    path: '/contacts',
    allow: 'user',
    summary: 'List your contacts, or whom you have blocked, ordered by user id',
    description:
      'Without `blocked` those whom you have added. `blocked=false` leaves out those whom you have blocked, `blocked=true` lists ' +
      'everybody whom you have blocked, added or not.',
    input: z.strictObject({
      q: text(1, 100).optional().meta({ description: 'a prefix of username or full name' }),
      blocked: z.boolean().optional(),
      ...page,
    }),
    output: list(Contact),
    status: [200],
    errors: [],
    emits: [],
    example: {
      input: { limit: 20 },
      output: { object: 'list', data: [contact], first_id: BOB, last_id: BOB, has_more: false, next_start: null },
    },
  }),
  remove: op({
    method: 'DELETE',
    path: '/contacts/{contact_id}',
    allow: 'user',
    summary: 'Remove a user from your contacts',
    description: 'A block of the user stays.',
    input: z.strictObject({ contact_id }),
    output: null,
    status: [204],
    errors: ['not_found'],
    emits: ['contact.removed'],
    example: { input: { contact_id: BOB }, output: null },
  }),
  block: op({
    method: 'PUT',
    path: '/contacts/{contact_id}/block',
    allow: 'user',
    summary: 'Block a user, who need not be a contact',
    description: 'The user is not told. Blocking again changes nothing.',
    input: z.strictObject({ contact_id }),
    output: Contact,
    status: [200],
    errors: ['not_found'],
    emits: ['contact.updated'],
    example: { input: { contact_id: BOB }, output: { ...contact, blocked_at: AT } },
  }),
  unblock: op({
    method: 'PUT',
    path: '/contacts/{contact_id}/unblock',
    allow: 'user',
    summary: 'Take back a block',
    input: z.strictObject({ contact_id }),
    output: Contact,
    status: [200],
    errors: ['not_found'],
    emits: ['contact.updated'],
    example: { input: { contact_id: BOB }, output: contact },
  }),
} as const
