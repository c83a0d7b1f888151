import { availableParallelism } from 'node:os'
import { z } from 'zod'
import { ROLES } from '../contracts/roles.ts'

/**
 * Every setting with its default and meaning. The table in docs/configuration.md is generated from it (`bun run docs`). With an
 * unknown `PARLEY_*` name or an invalid value the server does not start; the message names the setting.
 */
const whole = (min: number, max: number) => {
  const message = `must be a whole number from ${min} to ${max}`
  return z.coerce.number(message).int(message).min(min, message).max(max, message)
}

/** The origin of a service, without a path. */
const origin = z
  .url({ protocol: /^https?$/, message: 'must be an http or https URL' })
  .transform(url => url.replace(/\/$/, ''))

export const SETTINGS = {
  HOST: z.string().default('127.0.0.1').describe('Address to listen on; `0.0.0.0`: all'),
  PORT: whole(0, 65535).default(3000).describe('Port to listen on; 0: a free one'),
  BASE_URL: z
    .url({ protocol: /^https?$/, message: 'must be an http or https URL' })
    .optional()
    .describe('Address that users open; default `http://HOST:PORT`'),
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
  S3_ENDPOINT: z
    .url({ protocol: /^https?$/, message: 'must be an http or https URL' })
    .optional()
    .describe('Store files in MinIO or another store that speaks S3 instead of a folder'),
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
    .describe('Redis that carries notes between the nodes of one MongoDB database; default: none, one node'),
  MEILI_URL: z
    .url({ protocol: /^https?$/, message: 'must be an http or https URL' })
    .optional()
    .describe('Search messages by Meilisearch (1.12 or later) instead of the embedded index'),
  MEILI_MASTER_KEY: z.string().min(1).optional().describe('Key of that server; default: none'),
  MEILI_INDEX: z
    .string()
    .regex(/^[a-zA-Z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, or _ -')
    .default('parley')
    .describe('Index of the messages, of this store and of nothing else; created if it does not exist'),
} as const satisfies Record<string, z.ZodType>

const MIB = 1024 * 1024

const Environment = z.object(SETTINGS)

export interface Config {
  host: string
  port: number
  base_url: string | null
  production: boolean
  data_dir: string
  secret: string | null
  admin: { username: string; password: string | null }
  default_role: 'EDITOR' | 'USER'
  allowed_origins: string[]
  trusted_proxies: number
  idle_seconds: number
  body_seconds: number
  rate: { calls: number; auth: number }
  hash_concurrency: number
  max_body_bytes: number
  typing_most_members: number
  uploads: { max_bytes: number; max_resumable_bytes: number; quota_bytes: number }
  log_level: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  mongodb_url: string | null
  redis_url: string | null
  meili: { url: string; key: string | null; index: string } | null
  s3: { endpoint: string; access_key: string; secret_key: string; bucket: string } | null
  push: PushSettings
}

export interface PushSettings {
  mode: 'send' | 'log'
  contact: string
  allow: string[]
  fcm: { account_file: string; url: string } | null
  apns: { key_file: string; key_id: string; team_id: string; topic: string; url: string } | null
}

/** A setting that is invalid or cannot be used. The message names the setting and does not contain its value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/** The only reader of the environment. An empty value counts as not set. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.entries(environment).filter(([, value]) => value !== undefined && value !== '')
  const unknown = given.map(([name]) => name).filter(name => name.startsWith('PARLEY_') && !(name in SETTINGS))
  if (unknown.length > 0) throw new ConfigError(`unknown setting ${unknown.join(', ')} (see docs/configuration.md)`)
  const parsed = Environment.safeParse(Object.fromEntries(given))
  if (!parsed.success)
    throw new ConfigError(parsed.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`).join('; '))
  const values = parsed.data
  const production = values.NODE_ENV === 'production'
  const secret = values.PARLEY_SECRET ?? null
  if (production && secret !== null && weak(secret))
    throw new ConfigError('PARLEY_SECRET: must have at least 32 bytes that are not all alike in production')
  if (values.PARLEY_BODY_SECONDS >= values.PARLEY_IDLE_SECONDS)
    throw new ConfigError('PARLEY_BODY_SECONDS: must be less than PARLEY_IDLE_SECONDS')
  return {
    host: values.HOST,
    port: values.PORT,
    base_url: values.BASE_URL?.replace(/\/$/, '') ?? null,
    production,
    data_dir: values.PARLEY_DATA_DIR,
    secret,
    admin: { username: values.PARLEY_ADMIN_USERNAME, password: values.PARLEY_ADMIN_PASSWORD ?? null },
    default_role: values.PARLEY_DEFAULT_ROLE,
    allowed_origins: origins(values.PARLEY_ALLOWED_ORIGINS),
    trusted_proxies: values.PARLEY_TRUSTED_PROXIES,
    idle_seconds: values.PARLEY_IDLE_SECONDS,
    body_seconds: values.PARLEY_BODY_SECONDS,
    rate: { calls: values.PARLEY_RATE_CALLS, auth: values.PARLEY_RATE_AUTH },
    hash_concurrency: values.PARLEY_HASH_CONCURRENCY || Math.max(1, availableParallelism() - 1),
    max_body_bytes: values.PARLEY_MAX_BODY_KB * 1024,
    typing_most_members: values.PARLEY_TYPING_MOST_MEMBERS,
    uploads: {
      max_bytes: values.PARLEY_MAX_UPLOAD_MB * MIB,
      max_resumable_bytes: values.PARLEY_MAX_RESUMABLE_MB * MIB,
      quota_bytes: values.PARLEY_USER_QUOTA_MB === 0 ? Number.MAX_SAFE_INTEGER : values.PARLEY_USER_QUOTA_MB * MIB,
    },
    log_level: values.PARLEY_LOG_LEVEL,
    mongodb_url: values.MONGODB_URL ?? null,
    meili: meili(values),
    s3: s3(values),
    push: pushSettings(values),
    redis_url: values.REDIS_URL ?? null,
  }
}

function s3(values: z.infer<typeof Environment>): Config['s3'] {
  const { S3_ENDPOINT: endpoint, S3_ACCESS_KEY: access_key, S3_SECRET_KEY: secret_key, S3_BUCKET: bucket } = values
  if (endpoint === undefined) return null
  if (access_key === undefined) throw new ConfigError('S3_ACCESS_KEY: is needed with S3_ENDPOINT')
  if (secret_key === undefined) throw new ConfigError('S3_SECRET_KEY: is needed with S3_ENDPOINT')
  return { endpoint, access_key, secret_key, bucket }
}

function pushSettings(values: z.output<typeof Environment>): PushSettings {
  const { PARLEY_FCM_ACCOUNT: account_file, PARLEY_APNS_KEY: key_file } = values
  const { PARLEY_APNS_KEY_ID: key_id, PARLEY_APNS_TEAM_ID: team_id, PARLEY_APNS_TOPIC: topic } = values
  const secure = values.BASE_URL?.startsWith('https:') ? values.BASE_URL : 'mailto:operator@localhost.localdomain'
  const complete = key_file && key_id && team_id && topic
  if (!complete && (key_file ?? key_id ?? team_id ?? topic) !== undefined)
    throw new ConfigError(
      'PARLEY_APNS_KEY: needs PARLEY_APNS_KEY_ID, PARLEY_APNS_TEAM_ID and PARLEY_APNS_TOPIC, and these need it',
    )
  return {
    mode: values.PARLEY_PUSH,
    contact: values.PARLEY_PUSH_CONTACT ?? secure,
    allow: endpoints(values.PARLEY_PUSH_ALLOW),
    fcm: account_file === undefined ? null : { account_file, url: values.PARLEY_FCM_URL },
    apns: complete ? { key_file, key_id, team_id, topic, url: values.PARLEY_APNS_URL } : null,
  }
}

function endpoints(list: string): string[] {
  return listOf(list).map(endpoint => {
    const host = `http://${endpoint}`
    if (!/:\d{1,5}$/.test(endpoint) || !URL.canParse(host) || new URL(host).host !== endpoint.replace(/:80$/, ''))
      throw new ConfigError('PARLEY_PUSH_ALLOW: each must be a host:port such as push.example.com:443')
    return endpoint
  })
}

function listOf(list: string): string[] {
  return list
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '')
}

function meili({ MEILI_URL, MEILI_MASTER_KEY, MEILI_INDEX }: z.infer<typeof Environment>): Config['meili'] {
  return MEILI_URL === undefined ? null : { url: MEILI_URL, key: MEILI_MASTER_KEY ?? null, index: MEILI_INDEX }
}

function weak(secret: string): boolean {
  return Buffer.byteLength(secret) < 32 || new Set(secret).size < 8
}

/** Origins of web views in apps. The URL parser gives `null` for their schemes, and `null` is not accepted. */
const APP_ORIGIN = /^(?:capacitor|ionic|tauri|app):\/\/[a-z0-9._-]+(?::\d{1,5})?$/

function origins(list: string): string[] {
  return listOf(list).map(origin => {
    if (!APP_ORIGIN.test(origin) && (!URL.canParse(origin) || new URL(origin).origin !== origin))
      throw new ConfigError('PARLEY_ALLOWED_ORIGINS: each must be an origin such as https://chat.example.com')
    return origin
  })
}
