import { z } from 'zod'
import { ADA, AT, listOf } from './examples.ts'
import { id, list, page, text, time, timeInput } from './fields.ts'
import { op } from './kit.ts'
import { role } from './entities.ts'
import { SCOPES } from './scopes.ts'

/** Hours for which a replaced secret stays valid, at most. */
const MAX_OVERLAP_HOURS = 168

const scope = z.enum(SCOPES).meta({ id: 'Scope', description: 'Reading or changing one area of the API' })
const name = text(1, 100)
const scopes = z.array(scope).min(1).max(SCOPES.length)
const act_as = z.boolean().meta({ description: 'whether it may call as other users (`Parley-Act-As`)' })
const rate = z.int().min(1).max(1_000_000).meta({ description: 'calls per minute; null: as for users' })

export const ApiKey = z
  .object({
    id,
    name: z.string(),
    user_id: id.meta({ description: 'the account that it calls as' }),
    scopes: z.array(scope),
    act_as,
    rate: rate.nullable(),
    created_by: id,
    created_at: time,
    expires_at: time.nullable(),
    last_used_at: time.nullable().meta({ description: 'at most a minute behind' }),
  })
  .meta({ id: 'ApiKey' })

export type ApiKey = z.infer<typeof ApiKey>

/** The answer that has the secret, once. */
export const CreatedApiKey = ApiKey.extend({
  key: z.string().meta({ description: 'the secret, sent as a bearer token; it is shown only here' }),
}).meta({ id: 'CreatedApiKey' })

const KEY_ID = '0191a3f4-6b1c-7c1e-9a55-2f7f5c3f6a77'
const apiKey = {
  id: KEY_ID,
  name: 'shop',
  user_id: ADA,
  scopes: ['messages:write', 'users:read'],
  act_as: true,
  rate: 600,
  created_by: ADA,
  created_at: AT,
  expires_at: null,
  last_used_at: null,
} as const
const created = { ...apiKey, key: 'parley_6b1cT0wQm2vJt9LxkS1yA6b1cT0wQm2vJt9LxkS1yAab_c2lnbm' } as const

export const keys = {
  create: op({
    method: 'POST',
    path: '/api-keys',
    location: '/api-keys/{id}',
    allow: ['ADMIN'],
    summary: 'Create a key for a program',
    description:
      'The key calls as the account `user_id`; without it an account is made for it, with the given `role`. It may do what that ' +
      'account may, within its scopes. No key may call `auth.*`, `keys.*` and `users.export`.',
    input: z.strictObject({
      name,
      scopes,
      user_id: id.optional(),
      role: role.optional().meta({ description: 'of the new account, without `user_id`; default USER' }),
      act_as: act_as.default(false),
      rate: rate.nullish(),
      expires_at: timeInput.nullish(),
    }),
    output: CreatedApiKey,
    status: [201],
    errors: ['not_found', 'busy'],
    emits: [],
    example: {
      input: { name: 'shop', scopes: ['messages:write', 'users:read'], act_as: true, rate: 600 },
      output: created,
    },
  }),
  list: op({
    method: 'GET',
    path: '/api-keys',
    allow: ['ADMIN'],
    summary: 'List the keys, ordered by id',
    input: z.strictObject({ ...page }),
    output: list(ApiKey),
    status: [200],
    errors: [],
    emits: [],
    example: { input: {}, output: listOf(apiKey) },
  }),
  get: op({
    method: 'GET',
    path: '/api-keys/{key_id}',
    allow: ['ADMIN'],
    summary: 'Get a key, without its secret',
    input: z.strictObject({ key_id: id }),
    output: ApiKey,
    status: [200],
    errors: ['not_found'],
    emits: [],
    example: { input: { key_id: KEY_ID }, output: apiKey },
  }),
  update: op({
    method: 'PUT',
    path: '/api-keys/{key_id}',
    allow: ['ADMIN'],
    summary: 'Change what a key may do',
    description: 'Takes effect within a second.',
    input: z.strictObject({
      key_id: id,
      name: name.optional(),
      scopes: scopes.optional(),
      act_as: act_as.optional(),
      rate: rate.nullish(),
    }),
    output: ApiKey,
    status: [200],
    errors: ['not_found'],
    emits: [],
    example: { input: { key_id: KEY_ID, name: 'shop' }, output: apiKey },
  }),
  rotate: op({
    method: 'POST',
    path: '/api-keys/{key_id}/rotate',
    allow: ['ADMIN'],
    summary: 'Replace the secret of a key',
    description: 'The old one stays valid for `overlap_hours`, so that programs can be changed one after the other.',
    input: z.strictObject({ key_id: id, overlap_hours: z.int().min(0).max(MAX_OVERLAP_HOURS).default(24) }),
    output: CreatedApiKey,
    status: [200],
    errors: ['not_found'],
    emits: [],
    example: { input: { key_id: KEY_ID, overlap_hours: 24 }, output: created },
  }),
  delete: op({
    method: 'DELETE',
    path: '/api-keys/{key_id}',
    allow: ['ADMIN'],
    summary: 'Revoke a key',
    description: 'Its calls are refused and its sockets closed, on every node within 2 s.',
    input: z.strictObject({ key_id: id }),
    output: null,
    status: [204],
    errors: ['not_found'],
    emits: [],
    example: { input: { key_id: KEY_ID }, output: null },
  }),
} as const
