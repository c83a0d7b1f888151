import { z } from 'zod'
import { Session, SignedIn } from './entities.ts'
import { SESSION, AT, signedIn } from './examples.ts'
import { id, list, page, sort, text } from './fields.ts'
import { op } from './kit.ts'

/** Names are trimmed wherever they are taken in, passwords never. */
const trimmed = z.string().trim()
export const username = trimmed
  .regex(/^[a-zA-Z0-9_.-]{3,32}$/, 'must be 3 to 32 of a-z, A-Z, 0-9, _, . and -')
  .meta({ description: 'unique without regard to case' })
export const email = trimmed.regex(z.regexes.email, 'must be an e-mail address').max(254).meta({ format: 'email' })
export const newPassword = text(8, 128).meta({
  minLength: 8,
  maxLength: 128,
  description: 'none of the commonly used passwords',
})
/** The id of a user in the system of who runs the server. */
export const externalId = text(1, 200)
const password = z.string().min(1).max(512)

export const auth = {
  register: op({
    method: 'POST',
    path: '/auth/register',
    allow: 'anyone',
    limit: 'auth',
    accounts: ['username', 'email'],
    refresh: 'issues',
    summary: 'Create an account and sign in',
    input: z.strictObject({ username, email, password: newPassword, full_name: text(1, 100).nullish() }),
    output: SignedIn,
    status: [201],
    errors: ['username_taken', 'email_taken'],
    emits: [],
    example: {
      input: {
        username: 'ada',
        email: 'ada@example.com',
        password: 'correct horse battery',
        full_name: 'Ada Lovelace',
      },
      output: signedIn,
    },
  }),
  login: op({
    method: 'POST',
    path: '/auth/login',
    allow: 'anyone',
    limit: 'auth',
    accounts: ['username', 'email'],
    refresh: 'issues',
    summary: 'Sign in with exactly one of username and email',
    input: z
      .strictObject({ username: trimmed.max(254).optional(), email: trimmed.max(254).optional(), password })
      .refine(input => (input.username === undefined) !== (input.email === undefined), {
        path: ['username'],
        message: 'exactly one of username and email is needed',
      })
      // What a refinement says no JSON Schema is made of.
      .meta({ oneOf: [{ required: ['username'] }, { required: ['email'] }] }),
    output: SignedIn,
    status: [200],
    errors: ['invalid_credentials', 'account_disabled'],
    emits: [],
    example: { input: { username: 'ada', password: 'correct horse battery' }, output: signedIn },
  }),
  exchange: op({
    method: 'POST',
    path: '/auth/exchange',
    allow: 'anyone',
    limit: 'none',
    refresh: 'issues',
    summary: 'Sign in with a token of the system that runs this server',
    description:
      'For users of your own application: a JWT that your back end has signed, with `sub` (your id of the user), `exp` (at most 24 ' +
      'hours ahead), and optionally `name`, `email`, `username` and `role`. The user is created at first sight, and follows ' +
      'the claims. 404 unless the server is set up for it (`PARLEY_USER_TOKEN_SECRET`, `PARLEY_USER_TOKEN_JWKS`).',
    input: z.strictObject({ token: z.string().min(1).max(8192) }),
    output: SignedIn,
    status: [200],
    errors: ['not_found', 'invalid_user_token', 'account_disabled', 'email_taken', 'last_admin', 'busy'],
    emits: ['user.updated'],
    example: { input: { token: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.c2lnbmF0dXJl' }, output: signedIn },
  }),
  'refresh-token': op({
    method: 'POST',
    path: '/auth/refresh-token',
    allow: 'anyone',
    limit: 'none',
    refresh: 'takes',
    summary: 'Exchange a refresh token for new tokens',
    description:
      'The refresh token rotates: the answer has a new one. The old one stays valid until the new one is first used, for ' +
      'at most 60 s, and gives the same new one again. Any later use of the old one ends the session.',
    input: z.strictObject({
      refresh_token: z.string().min(1).max(512).optional().meta({
        description: 'absent if the request has it in its cookie (`Parley-Refresh: cookie`)',
      }),
    }),
    output: SignedIn,
    status: [200],
    errors: ['invalid_refresh_token', 'account_disabled'],
    emits: [],
    example: { input: { refresh_token: signedIn.refresh_token }, output: signedIn },
  }),
  logout: op({
    method: 'POST',
    path: '/auth/logout',
    allow: 'user',
    ended: true,
    limit: 'none',
    refresh: 'ends',
    summary: 'End this session, or all sessions of your account',
    description:
      'Closes the sockets of the sessions that it ends (4401). A token of a session that has already ended gets 204 again.',
    input: z.strictObject({ all: z.boolean().default(false) }),
    output: null,
    status: [204],
    errors: [],
    emits: [],
    example: { input: { all: false }, output: null },
  }),
  sessions: op({
    method: 'GET',
    path: '/auth/sessions',
    allow: 'user',
    summary: 'List the sessions of your account, newest first by default',
    input: z.strictObject({ ...page, sort: sort.default('desc') }),
    output: list(Session),
    status: [200],
    errors: [],
    emits: [],
    example: {
      input: { limit: 20 },
      output: {
        object: 'list',
        data: [
          {
            id: SESSION,
            current: true,
            user_agent: 'curl/8.5',
            address: '127.0.0.1',
            created_at: AT,
            last_used_at: AT,
            expires_at: '2026-12-24T09:30:00.000Z',
          },
        ],
        first_id: SESSION,
        last_id: SESSION,
        has_more: false,
        next_start: null,
      },
    },
  }),
  'revoke-session': op({
    method: 'DELETE',
    path: '/auth/sessions/{session_id}',
    allow: 'user',
    summary: 'End one session of your account',
    input: z.strictObject({ session_id: id }),
    output: null,
    status: [204],
    errors: ['not_found'],
    emits: [],
    example: { input: { session_id: SESSION }, output: null },
  }),
  password: op({
    method: 'PUT',
    path: '/auth/password',
    allow: 'user',
    limit: 'auth',
    summary: 'Change your password and end your other sessions',
    input: z.strictObject({ current_password: password, new_password: newPassword }),
    output: null,
    status: [204],
    errors: ['invalid_credentials'],
    emits: [],
    example: {
      input: { current_password: 'correct horse battery', new_password: 'staple battery horse' },
      output: null,
    },
  }),
  'ws-ticket': op({
    method: 'POST',
    path: '/auth/ws-ticket',
    allow: 'user',
    summary: 'Get a ticket that opens one socket or subscription',
    description: 'Valid once, within 30 s, as `?ticket=` of `GET /ws` or of the subscription.',
    input: z.strictObject({}),
    output: z.object({ ticket: z.string(), expires_in: z.int() }).meta({ id: 'Ticket' }),
    status: [201],
    errors: [],
    emits: [],
    example: { input: {}, output: { ticket: 'hbZ0cT7wQm2vJt9LxkS1yA', expires_in: 30 } },
  }),
} as const
