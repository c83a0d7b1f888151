import type { Credentials } from '../callers.ts'

/** The bearer token of a request; null without an `Authorization` header. A header of another scheme is an empty token. */
export function credentialsOf(request: Request): Credentials {
  const header = request.headers.get('authorization')
  if (header === null) return null
  const act_as = request.headers.get('parley-act-as')?.trim()
  return { token: /^bearer /i.test(header) ? header.slice(7).trim() : '', ...(act_as ? { act_as } : {}) }
}

/**
 * The credentials of a socket or a subscription: a one-use ticket, else the bearer token. Browsers cannot set headers on
 * either. A ticket may be in the URL, a token may not (specification, Realtime).
 */
export function openingCredentialsOf(request: Request, ticket = ticketIn(request)): Credentials {
  return ticket === null ? credentialsOf(request) : { ticket }
}

function ticketIn(request: Request): string | null {
  return new URL(request.url).searchParams.get('ticket')
}
