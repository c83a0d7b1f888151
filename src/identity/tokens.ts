import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { jwt } from '@elysiajs/jwt'
import { z } from 'zod'
import { id } from '../../contracts/fields.ts'

export const ACCESS_SECONDS = 15 * 60
export const REFRESH_DAYS = 30
export const TICKET_SECONDS = 30

const ISSUER = 'parley'
const AUDIENCE = 'parley'
const TYPE = 'at+jwt'
/**
 * The only accepted spelling of an access token (RFC 7515): base64url without padding or white space, at most 557 characters.
 * The last character of a 32-byte signature has two unused bits, which must be 0.
 */
const SPELLING = /^[\w-]{1,64}\.[\w-]{1,448}\.[\w-]{42}[AEIMQUYcgkosw048]$/
/** Verified tokens in the cache, so that each token's signature is checked once: at most 20 MB of memory. */
const MAX_REMEMBERED = 20_000
/** 9999-12-31T23:59:59Z, the last second whose ISO form compares as text. */
const LAST_SECOND = 253_402_300_799

const Claims = z.object({ sub: id, sid: id, exp: z.int().max(LAST_SECOND) })

export interface AccessClaims {
  user_id: string
  session_id: string
  expires_at: string
}

export interface FileLinkClaims {
  file_id: string
  /** Who has asked for it, and by which session: that of an API key may be another user's. */
  user_id: string
  session_id: string
  /** Seconds since 1970. */
  expires: number
}

export interface Tokens {
  /** A JWT that names user and session, valid for 15 minutes. */
  signAccess(user_id: string, session_id: string, now: Date): Promise<string>
  /** null if it is not a valid access token: another algorithm, type, issuer or audience, or expired. */
  verifyAccess(token: string, now: Date): Promise<AccessClaims | null>
  /** Derived from session and generation, not stored: the same generation always gives the same token. */
  refreshToken(session_id: string, generation: number): string
  /** Session and generation of a refresh token; null if this server's secret did not make it. */
  readRefresh(token: string): { session_id: string; generation: number } | null
  /** Proof that this server has given this session a link to this file until `expires`, in seconds since 1970. */
  fileLink(link: FileLinkClaims): string
  /** null if this server's secret did not make it. The caller checks the time. */
  readFileLink(file_id: string, text: string): FileLinkClaims | null
  /** Keyed digest of a send's body. Distinguishes a repeat from another message and does not reveal a deleted text. */
  digest(text: string): string
}

/** Derives a key for each use from one secret. */
export function openTokens(secret: string): Tokens {
  const key = (use: string) => Buffer.from(hkdfSync('sha256', secret, 'parley', use, 32))
  const refreshKey = key('refresh')
  const linkKey = key('file-link')
  // Copied for each digest, which takes less than half the time of deriving the state from the key again.
  const digester = new Bun.CryptoHasher('sha256', key('digest'))
  // Used without its plugin: the gate checks tokens. A hook of Elysia would guard only the routes registered after it.
  const signer = jwt({
    name: 'jwt',
    secret: key('access').toString('hex'),
    alg: 'HS256',
    typ: TYPE,
    iss: ISSUER,
    aud: AUDIENCE,
  }).decorator.jwt
  const remembered = new Map<string, AccessClaims>()

  async function check(token: string, now: Date): Promise<AccessClaims | null> {
    if (!SPELLING.test(token)) return null
    const rules = { algorithms: ['HS256'], typ: TYPE, issuer: ISSUER, audience: AUDIENCE, currentDate: now }
    const payload = await signer.verify(token, rules)
    const claims = Claims.safeParse(payload)
    if (!claims.success) return null
    const { sub, sid, exp } = claims.data
    return { user_id: sub, session_id: sid, expires_at: new Date(exp * 1000).toISOString() }
  }

  function remember(token: string, claims: AccessClaims): void {
    const [oldest] = remembered.keys()
    if (oldest !== undefined && remembered.size >= MAX_REMEMBERED) remembered.delete(oldest)
    // A copy: a part of a header would keep the whole header in memory.
    remembered.set(Buffer.from(token, 'latin1').toString('latin1'), claims)
  }

  const sealWith = (secretKey: Buffer, text: string) => createHmac('sha256', secretKey).update(text).digest('base64url')
  const seal = (session_id: string, generation: number) => sealWith(refreshKey, `${session_id}.${generation}`)
  const sealLink = ({ file_id, user_id, session_id, expires }: FileLinkClaims) =>
    sealWith(linkKey, `${file_id}.${user_id}.${session_id}.${expires}`)

  return {
    async signAccess(user_id, session_id, now) {
      const seconds = Math.floor(now.getTime() / 1000)
      return signer.sign({ sub: user_id, sid: session_id, iat: true, exp: seconds + ACCESS_SECONDS })
    },
    async verifyAccess(token, now) {
      const known = remembered.get(token)
      const claims = known ?? (await check(token, now))
      if (!claims) return null
      if (!known) remember(token, claims)
      return claims.expires_at > now.toISOString() ? claims : null
    },
    refreshToken: (session_id, generation) => `${session_id}.${generation}.${seal(session_id, generation)}`,
    readRefresh(token) {
      const [session_id = '', number = '', given = ''] = token.split('.')
      if (!id.safeParse(session_id).success || !/^\d{1,15}$/.test(number)) return null
      const generation = Number(number)
      return isSame(given, seal(session_id, generation)) ? { session_id, generation } : null
    },
    fileLink: link => `${link.user_id}.${link.session_id}.${link.expires}.${sealLink(link)}`,
    readFileLink(file_id, text) {
      const [user_id = '', session_id = '', number = '', given = ''] = text.split('.')
      if (![user_id, session_id].every(each => id.safeParse(each).success) || !/^\d{1,12}$/.test(number)) return null
      const claims = { file_id, user_id, session_id, expires: Number(number) }
      return isSame(given, sealLink(claims)) ? claims : null
    },
    digest: text => digester.copy().update(text).digest('base64url'),
  }
}

/** In a time that does not tell where they differ. */
function isSame(given: string, expected: string): boolean {
  const [offered, wanted] = [Buffer.from(given), Buffer.from(expected)]
  return offered.length === wanted.length && timingSafeEqual(offered, wanted)
}

/** The stored form of a ticket. */
export function hashTicket(ticket: string): string {
  return createHash('sha256').update(ticket).digest('base64url')
}
