import { z } from 'zod'
import { ROLES } from '../contracts/roles.ts'

const whole = (min: number, max: number) => {
  const message = `must be a whole number from ${min} to ${max}`
  return z.coerce.number(message).int(message).min(min, message).max(max, message)
}

const httpUrl = z.url({ protocol: /^https?$/, message: 'must be an http or https URL' })

/** The origin of a service, without a path. */
const origin = httpUrl.transform(url => url.replace(/\/$/, ''))

/**
 * Every setting with its default and meaning. The table in docs/configuration.md is generated from it (`bun run docs`). With an
 * unknown `PARLEY_*` name or an invalid value the server does not start; the message names the setting.
 */
export const SETTINGS = {
  HOST: z.string().default('127.0.0.1').describe('Address to listen on; `0.0.0.0`: all'),
  PORT: whole(0, 65535).default(3000).describe('Port to listen on; 0: a free one'),
  BASE_URL: httpUrl.optional().describe('Address that users open; default `http://HOST:PORT`'),
  NODE_ENV: z
    .enum(['development', 'production', 'test'])
    .default('development')
    .describe('`production` refuses weak secrets'),
  PARLEY_DATA_DIR: z
    .string()
    .min(1)
    .default('./data')
    .describe('Folder of the SQLite database, the files and the signing secret'),
  PARLEY_SECRET: z
    .string()
    .min(1)
    .optional()
    .describe('Signs tokens; ≥ 32 bytes in production. Default: generated and kept in the data folder, mode 0600'),
  PARLEY_ADMIN_USERNAME: z
    .string()
    .regex(/^[a-zA-Z0-9_.-]{3,32}$/, 'must be 3 to 32 letters, digits, or _ . -')
    .default('admin')
    .describe('Username of the first ADMIN, created on an empty store'),
  PARLEY_ADMIN_PASSWORD: z
    .string()
    .min(8)
    .max(128)
    .optional()
    .describe('Password of the first ADMIN; default: generated and printed once'),
  PARLEY_DEFAULT_ROLE: z.enum(ROLES).exclude(['ADMIN']).default('EDITOR').describe('Global role of users who register'),
  PARLEY_USER_TOKEN_SECRET: z
    .string()
    .min(32, 'must have at least 32 characters')
    .optional()
    .describe(
      'Accepts tokens of your own users that are signed with it (HS256, HS384, HS512), at `POST /auth/exchange`',
    ),
  PARLEY_USER_TOKEN_JWKS: z
    .string()
    .min(1)
    .optional()
    .describe('The same for tokens signed with one of these keys: an https URL, or a file, of a JSON Web Key Set'),
  PARLEY_USER_TOKEN_ISSUER: z.string().min(1).optional().describe('What `iss` of such tokens must be'),
  PARLEY_USER_TOKEN_AUDIENCE: z
    .string()
    .min(1)
    .optional()
    .describe('What `aud` of such tokens must be or contain; needed with `PARLEY_USER_TOKEN_JWKS`'),
  PARLEY_USER_TOKEN_ROLES: z
    .string()
    .default('EDITOR, USER')
    .describe('Global roles that such tokens may give by their claim `role`'),
  PARLEY_ALLOWED_ORIGINS: z
    .string()
    .default('')
    .describe('Web origins (comma-separated) whose pages may open sockets and call the API, besides the server’s own'),
  PARLEY_TRUSTED_PROXIES: whole(0, 10).default(0).describe('Number of proxies in front that add to `X-Forwarded-For`'),
  PARLEY_IDLE_SECONDS: whole(15, 255)
    .default(120)
    .describe(
      'How long a connection without a request is kept; longer than the proxy or load balancer in front keeps its own',
    ),
  PARLEY_BODY_SECONDS: whole(1, 120)
    .default(30)
    .describe('How long a request body may take to arrive; shorter than `PARLEY_IDLE_SECONDS`'),
  PARLEY_RATE_CALLS: whole(0, 1_000_000)
    .default(120)
    .describe('Calls per minute and user, over all transports; 0: no limit'),
  PARLEY_RATE_AUTH: whole(0, 1_000_000)
    .default(10)
    .describe('Sign-ins and registrations per minute, for each account and each address; 0: no limit'),
  PARLEY_HASH_CONCURRENCY: whole(0, 64)
    .default(0)
    .describe('Password hashes computed at the same time; 0: the number of cores less one, at least one'),
  PARLEY_MAX_BODY_KB: whole(1, 65_536).default(256).describe('Largest JSON request body in KiB'),
  PARLEY_TYPING_MOST_MEMBERS: whole(2, 100_000)
    .default(200)
    .describe('In conversations of more members nobody is told who is typing'),
  PARLEY_MAX_UPLOAD_MB: whole(1, 1_000_000).default(25).describe('Largest file of `POST /upload`, in MiB'),
  PARLEY_MAX_RESUMABLE_MB: whole(1, 1_000_000).default(2_048).describe('Largest file of a resumable upload, in MiB'),
  PARLEY_USER_QUOTA_MB: whole(0, 1_000_000_000)
    .default(5_120)
    .describe('Space that the files of one user may take, in MiB; 0: no limit'),
  PARLEY_LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least level that is logged to stdout, as JSON lines'),
  PARLEY_ACCESS_LOG: z
    .enum(['on', 'off'])
    .default('off')
    .describe('`on` logs each HTTP request: id, method, route, status, duration, user and network'),
  PARLEY_METRICS_NETWORKS: z
    .string()
    .default('127.0.0.0/8, ::1')
    .describe('Networks (comma-separated) that may read `/metrics` without the token of an ADMIN; `none`: no network'),
  PARLEY_PUSH: z
    .enum(['send', 'log'])
    .default('send')
    .describe('`log` writes push notifications to the log and sends none, for development'),
  PARLEY_PUSH_CONTACT: z
    .string()
    .regex(/^(?:mailto:[^@\s]+@[^@\s]+|https:\/\/\S+)$/, 'must be a mailto: or https URL')
    .optional()
    .describe('How Web Push services reach the operator: a `mailto:` or https URL; default `BASE_URL` if it is https'),
  PARLEY_PUSH_ALLOW: z
    .string()
    .default('')
    .describe('`host:port` of Web Push endpoints (comma-separated) that need be neither public nor https'),
  PARLEY_WEBHOOK_ALLOW: z
    .string()
    .default('')
    .describe('`host:port` of webhooks (comma-separated) that need be neither public nor https'),
  PARLEY_FCM_ACCOUNT: z
    .string()
    .min(1)
    .optional()
    .describe('JSON file of the service account that sends to Firebase Cloud Messaging; default: no `fcm` devices'),
  PARLEY_FCM_URL: origin.default('https://fcm.googleapis.com').describe('Address of Firebase Cloud Messaging'),
  PARLEY_APNS_KEY: z
    .string()
    .min(1)
    .optional()
    .describe('File of the signing key (`.p8`) for Apple’s push service; default: no `apns` devices'),
  PARLEY_APNS_KEY_ID: z.string().min(1).optional().describe('Id of that key'),
  PARLEY_APNS_TEAM_ID: z.string().min(1).optional().describe('Apple’s id of the team that owns the app'),
  PARLEY_APNS_TOPIC: z.string().min(1).optional().describe('Bundle id of the app'),
  PARLEY_APNS_URL: origin
    .default('https://api.push.apple.com')
    .describe('Address of Apple’s push service; `https://api.sandbox.push.apple.com` for development builds'),
  MONGODB_URL: z
    .string()
    .regex(/^mongodb(\+srv)?:\/\//, 'must begin with mongodb://')
    .optional()
    .describe(
      'Store in MongoDB (4.4 or later or compatible) instead of SQLite; the path names the database, default `parley`',
    ),
  S3_ENDPOINT: httpUrl.optional().describe('Store files in MinIO or another store that speaks S3 instead of a folder'),
  S3_ACCESS_KEY: z.string().min(1).optional().describe('Name of the account at `S3_ENDPOINT`'),
  S3_SECRET_KEY: z.string().min(1).optional().describe('Secret of the account at `S3_ENDPOINT`'),
  S3_BUCKET: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be 3 to 63 lower-case letters, digits, dots or hyphens')
    .default('parley')
    .describe('Bucket of the files and of nothing else; created if it does not exist'),
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\//, 'must begin with redis:// or rediss://')
    .optional()
    .describe(
      'Redis that carries notes between the nodes of one MongoDB database and counts limits for them; default: none, one node',
    ),
  MEILI_URL: httpUrl
    .optional()
    .describe('Search messages by Meilisearch (verified with 1.50) instead of the embedded index'),
  MEILI_MASTER_KEY: z.string().min(1).optional().describe('Key of that server; default: none'),
  MEILI_INDEX: z
    .string()
    .regex(/^[a-zA-Z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, or _ -')
    .default('parley')
    .describe('Index of the messages, of this store and of nothing else; created if it does not exist'),
} as const satisfies Record<string, z.ZodType>

/** The settings whose values are never shown. Secrets within the URLs of others are found by their place (`src/hidden.ts`). */
export const SECRETS = [
  'PARLEY_SECRET',
  'PARLEY_ADMIN_PASSWORD',
  'PARLEY_USER_TOKEN_SECRET',
  'S3_SECRET_KEY',
  'MEILI_MASTER_KEY',
] as const satisfies (keyof typeof SETTINGS)[]
