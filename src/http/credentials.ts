import type { Credentials } from '../dispatch.ts'

/** The bearer token of a request; null without an `Authorization` header. A header of another scheme is an empty token. */
export function credentialsOf(request: Request): Credentials {
  const header = request.headers.get('authorization')
  if (header === null) return null
  return { token: /^bearer /i.test(header) ? header.slice(7).trim() : '' }
}
