import type { Credentials } from '../gate.ts'

/** The bearer token of a request; null without an `Authorization` header. A header of another scheme is an empty token. */
export function credentialsOf(request: Request): Credentials {
  const header = request.headers.get('authorization')
  if (header === null) return null
  return { token: /^bearer /i.test(header) ? header.slice(7).trim() : '' }
}

/**
 * What opens a connection that stays, a socket or a subscription: a one-use ticket, else the bearer token. Browsers
 * cannot set headers on either; a token never travels in a URL, a ticket may (specification, Realtime).
 */
export function openingCredentialsOf(request: Request, ticket = ticketIn(request)): Credentials {
  return ticket === null ? credentialsOf(request) : { ticket }
}

function ticketIn(request: Request): string | null {
  return new URL(request.url).searchParams.get('ticket')
}
