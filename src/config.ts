import ipaddr from 'ipaddr.js'
import { availableParallelism } from 'node:os'
import { z } from 'zod'
import { ROLES } from '../contracts/roles.ts'
import { readEnvironment } from './environment.ts'
import type { UserTokenSettings } from './identity/user-tokens.ts'
import { SETTINGS } from './settings.ts'

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
  user_tokens: UserTokenSettings | null
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
  access_log: boolean
  metrics_networks: string[]
  mongodb_url: string | null
  redis_url: string | null
  meili: { url: string; key: string | null; index: string } | null
  s3: { endpoint: string; access_key: string; secret_key: string; bucket: string } | null
  push: PushSettings
  /** `host:port` of webhooks that need be neither public nor https. */
  webhook_allow: readonly string[]
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

/** Adds the name of the responsible setting to the error of what it names. */
export async function blaming<T>(setting: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new ConfigError(`${setting}: ${error instanceof Error ? error.message : 'cannot be used'}`, { cause: error })
  }
}

/** The only reader of the environment. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const { values: given, problems } = readEnvironment(environment, name => Object.hasOwn(SETTINGS, name))
  if (problems.length > 0) throw new ConfigError(problems.join('; '))
  const parsed = Environment.safeParse(given)
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
    user_tokens: userTokens(values),
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
    access_log: values.PARLEY_ACCESS_LOG === 'on',
    metrics_networks: networks(values.PARLEY_METRICS_NETWORKS),
    mongodb_url: values.MONGODB_URL ?? null,
    meili: meili(values),
    s3: s3(values),
    push: pushSettings(values),
    webhook_allow: endpoints('PARLEY_WEBHOOK_ALLOW', values.PARLEY_WEBHOOK_ALLOW),
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

function userTokens(values: z.output<typeof Environment>): UserTokenSettings | null {
  const { PARLEY_USER_TOKEN_SECRET: secret = null, PARLEY_USER_TOKEN_JWKS: jwks = null } = values
  const { PARLEY_USER_TOKEN_ISSUER: issuer = null, PARLEY_USER_TOKEN_AUDIENCE: audience = null } = values
  const roles = listOf(values.PARLEY_USER_TOKEN_ROLES).map(each => {
    const role = ROLES.find(name => name === each)
    if (role === undefined) throw new ConfigError(`PARLEY_USER_TOKEN_ROLES: each must be one of ${ROLES.join(', ')}`)
    return role
  })
  if (secret === null && jwks === null) {
    if (issuer ?? audience) throw new ConfigError('PARLEY_USER_TOKEN_SECRET: or PARLEY_USER_TOKEN_JWKS is needed')
    return null
  }
  // The keys of an identity provider sign tokens for other applications too.
  if (jwks !== null && audience === null)
    throw new ConfigError('PARLEY_USER_TOKEN_AUDIENCE: is needed with PARLEY_USER_TOKEN_JWKS')
  if (jwks !== null && /^http:/i.test(jwks) && !/^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:|\/|$)/i.test(jwks))
    throw new ConfigError('PARLEY_USER_TOKEN_JWKS: must be an https URL or a file')
  return { secret, jwks, issuer, audience, roles }
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
    allow: endpoints('PARLEY_PUSH_ALLOW', values.PARLEY_PUSH_ALLOW),
    fcm: account_file === undefined ? null : { account_file, url: values.PARLEY_FCM_URL },
    apns: complete ? { key_file, key_id, team_id, topic, url: values.PARLEY_APNS_URL } : null,
  }
}

function endpoints(setting: string, list: string): string[] {
  return listOf(list).map(endpoint => {
    const host = `http://${endpoint}`
    if (!/:\d{1,5}$/.test(endpoint) || !URL.canParse(host) || new URL(host).host !== endpoint.replace(/:80$/, ''))
      throw new ConfigError(`${setting}: each must be a host:port such as hooks.example.com:443`)
    return endpoint
  })
}

function networks(list: string): string[] {
  if (list.trim() === 'none') return []
  return listOf(list).map(network => {
    if (!ipaddr.isValid(network) && !ipaddr.isValidCIDR(network))
      throw new ConfigError('PARLEY_METRICS_NETWORKS: each must be an address or a network such as 10.0.0.0/8')
    return network
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
