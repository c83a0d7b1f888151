import { readFile } from 'node:fs/promises'
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  jwtVerify,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
} from 'jose'
import { z } from 'zod'
import { externalId } from '../../contracts/auth.ts'
import { text } from '../../contracts/fields.ts'
import { ROLES, type Role } from '../../contracts/roles.ts'
import { Unavailable } from '../ports/storage.ts'

/** Which tokens of the operator's own users are accepted. */
export interface UserTokenSettings {
  secret: string | null
  /** An https URL or the path of a file. */
  jwks: string | null
  issuer: string | null
  audience: string | null
  roles: Role[]
}

/** A token that is stolen is of use until it expires: it may not say so far ahead. */
const MAX_SECONDS = 24 * 60 * 60
/** How far the clock of who signs may be off. */
const TOLERANCE_SECONDS = 30
const FETCH_MS = 3_000
/** A key that is not in the set makes it be fetched again, not more often than this. */
const FETCH_PAUSE_MS = 30_000
const SECRET = ['HS256', 'HS384', 'HS512']
const KEYS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']

const name = z.string().trim().pipe(text(1, 100))
const Claims = z.object({
  // Verbatim, as ADMINs and keys name it: " 42" and "42" may be two users there.
  sub: externalId,
  exp: z.number(),
  iat: z.number().optional(),
  name: name.nullish(),
  email: z.email().max(254).nullish(),
  username: z
    .string()
    .regex(/^[a-zA-Z0-9_.-]{3,32}$/)
    .nullish(),
  role: z.enum(ROLES).nullish(),
})

/** What a token says of its user. Claims that it lacks are absent: nothing of the user follows them. */
export interface UserClaims {
  external_id: string
  full_name?: string
  email?: string
  username?: string
  role?: Role
}

export interface UserTokens {
  /** The claims, or why the token is not accepted. Rejects with `Unavailable` if the keys cannot be fetched. */
  verify(token: string, now: Date): Promise<UserClaims | { refused: string }>
}

class KeysUnavailable extends Unavailable {
  override readonly dependency = 'keys of user tokens'
}

/** Verifies the tokens by which a system signs its own users in. null: there is no setting for it. */
export async function openUserTokens(settings: UserTokenSettings | null): Promise<UserTokens | null> {
  if (settings === null) return null
  const { issuer, audience, roles } = settings
  const secret = settings.secret === null ? null : new TextEncoder().encode(settings.secret)
  const keys = settings.jwks === null ? null : await openKeys(settings.jwks)
  const rules = {
    ...(issuer === null ? {} : { issuer }),
    ...(audience === null ? {} : { audience }),
    clockTolerance: TOLERANCE_SECONDS,
  }

  /** The kind of key follows from the token's algorithm, and each kind of key takes its algorithms only. */
  async function payloadOf(token: string, options: JWTVerifyOptions): Promise<unknown> {
    const algorithm = algorithmOf(token)
    if (algorithm === '') throw new errors.JWTInvalid('no algorithm')
    if (secret !== null && algorithm.startsWith('HS'))
      return (await jwtVerify(token, secret, { ...options, algorithms: SECRET })).payload
    if (keys === null) throw new errors.JOSEAlgNotAllowed('"alg" (Algorithm) Header Parameter value not allowed')
    return (await jwtVerify(token, keys, { ...options, algorithms: KEYS })).payload
  }

  return {
    async verify(token, now) {
      const payload = await payloadOf(token, { ...rules, currentDate: now }).catch((error: unknown) => reasonOf(error))
      if (typeof payload === 'string') return { refused: payload }
      const parsed = Claims.safeParse(payload)
      if (!parsed.success) return { refused: `its claim ${parsed.error.issues[0]?.path.join('.') ?? ''} is not valid` }
      const { sub, exp, iat, name, email, username, role } = parsed.data
      if (iat !== undefined && iat > now.getTime() / 1_000 + TOLERANCE_SECONDS)
        return { refused: 'its claim iat is not valid' }
      if (exp - now.getTime() / 1_000 > MAX_SECONDS + TOLERANCE_SECONDS)
        return { refused: 'its `exp` is more than 24 hours ahead' }
      if (role && !roles.includes(role)) return { refused: 'its `role` is none of PARLEY_USER_TOKEN_ROLES' }
      return {
        external_id: sub,
        ...(name ? { full_name: name } : {}),
        ...(email ? { email } : {}),
        ...(username ? { username } : {}),
        ...(role ? { role } : {}),
      }
    },
  }
}

async function openKeys(place: string): Promise<JWTVerifyGetKey> {
  if (/^https?:/i.test(place))
    return createRemoteJWKSet(new URL(place), { timeoutDuration: FETCH_MS, cooldownDuration: FETCH_PAUSE_MS })
  return createLocalJWKSet(keySetIn(await readFile(place, 'utf8')))
}

function keySetIn(text: string): JSONWebKeySet {
  try {
    // Cast: checked by the function that takes it.
    return JSON.parse(text) as JSONWebKeySet
  } catch {
    // The error quotes the text.
    throw new Error('the file is not JSON')
  }
}

/** Empty if the token has no header that can be read. */
function algorithmOf(token: string): string {
  try {
    const header: unknown = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString('utf8'))
    return z.object({ alg: z.string() }).parse(header).alg
  } catch {
    // What is no JWT is refused by its verification.
    return ''
  }
}

/** Why a token is refused, without anything of it; throws if it could not be decided. */
function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'it has expired'
  if (error instanceof errors.JWTClaimValidationFailed) return `its claim ${error.claim} is not valid`
  if (error instanceof errors.JWKSNoMatchingKey) return 'no key has its `kid`'
  if (error instanceof errors.JOSEAlgNotAllowed) return 'its algorithm is not accepted'
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'its signature is wrong'
  if (error instanceof errors.JWTInvalid || error instanceof errors.JWSInvalid) return 'it is no JWT'
  throw new KeysUnavailable(error instanceof Error ? error.message : 'the keys cannot be fetched', { cause: error })
}
