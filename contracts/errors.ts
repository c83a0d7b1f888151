/**
 * Every error that Parley can answer: one closed table. A code never changes its meaning or its status.
 * `retryable` tells a client whether the same call may succeed later without being changed.
 */
export const ERRORS = {
  malformed: { status: 400, title: 'The request could not be read', retryable: false },
  unauthenticated: { status: 401, title: 'A valid access token is required', retryable: false },
  invalid_credentials: { status: 401, title: 'The name or the password is wrong', retryable: false },
  invalid_refresh_token: {
    status: 401,
    title: 'The refresh token is unknown, expired or already used',
    retryable: false,
  },
  invalid_user_token: { status: 401, title: 'The token of your own user is not accepted', retryable: false },
  forbidden: { status: 403, title: 'You may not do this', retryable: false },
  scope_missing: {
    status: 403,
    title: 'The API key does not have the scope that this operation needs',
    retryable: false,
  },
  act_as_refused: { status: 403, title: 'The API key may not call as this user', retryable: false },
  account_disabled: { status: 403, title: 'This account is disabled', retryable: false },
  cannot_message_user: { status: 403, title: 'This user cannot be messaged or added', retryable: false },
  user_blocked: { status: 403, title: 'You have blocked this user', retryable: false },
  system_message: { status: 403, title: 'A system message cannot be changed', retryable: false },
  origin_refused: { status: 403, title: 'This web origin is not allowed', retryable: false },
  not_found: { status: 404, title: 'Not found', retryable: false },
  method_not_allowed: { status: 405, title: 'This path does not take this method', retryable: false },
  request_timeout: { status: 408, title: 'The request body did not arrive in time', retryable: true },
  username_taken: { status: 409, title: 'This username is taken', retryable: false },
  email_taken: { status: 409, title: 'This e-mail address is taken', retryable: false },
  external_id_taken: { status: 409, title: 'Another user has this external id', retryable: false },
  last_admin: { status: 409, title: 'The last ADMIN cannot be demoted, disabled or deleted', retryable: false },
  file_in_use: { status: 409, title: 'A message or a profile refers to this file', retryable: false },
  last_owner: { status: 409, title: 'A group needs an owner', retryable: false },
  client_id_reused: { status: 409, title: 'This client_id was used for another message', retryable: false },
  wrong_offset: { status: 409, title: 'The upload has another offset', retryable: false },
  too_many_uploads: { status: 409, title: 'Too many uploads of yours are in progress', retryable: false },
  too_many_reactions: { status: 409, title: 'A message takes at most 20 kinds of reactions', retryable: false },
  gone: { status: 410, title: 'This message was deleted, or this invite has ended', retryable: false },
  tus_version: { status: 412, title: 'The header Tus-Resumable must name version 1.0.0', retryable: false },
  too_large: { status: 413, title: 'The request body is too large', retryable: false },
  unsupported_media_type: {
    status: 415,
    title: 'The request body has a type or encoding that is not accepted here',
    retryable: false,
  },
  range_not_satisfiable: { status: 416, title: 'The file has no such range', retryable: false },
  validation_failed: { status: 422, title: 'The input is not valid', retryable: false },
  conversation_disabled: { status: 423, title: 'This conversation is disabled', retryable: false },
  upgrade_required: { status: 426, title: 'This path speaks WebSocket', retryable: false },
  rate_limited: { status: 429, title: 'Too many requests', retryable: true },
  internal: { status: 500, title: 'An unexpected error occurred in the server', retryable: true },
  quota_exceeded: { status: 507, title: 'Your files take all the space that you have', retryable: false },
  busy: { status: 503, title: 'Too many changes at once, try again', retryable: true },
  unavailable: { status: 503, title: 'A service that the server depends on cannot be reached', retryable: true },
} as const satisfies Record<string, { status: number; title: string; retryable: boolean }>

export type ErrorCode = keyof typeof ERRORS

/** A wrong input field and the rule it breaks. Never holds the rejected value. */
export interface FieldError {
  path: string
  message: string
}

export interface ErrorDetails {
  detail?: string
  errors?: FieldError[]
  /** Seconds to wait before a retry; on 429 and 503. */
  retry_after?: number
  /** The values of the IETF `RateLimit` headers of a 429. */
  limit?: { policy: string; quota: number; window: number }
  /** What a 415's `Accept-Encoding` header says. */
  accept_encoding?: string
  /** The size in bytes that a 416's `Content-Range` header says. */
  size?: number
  /** The methods of a 405's `Allow` header. */
  allow?: string[]
}

/** The error of an expected failure. Every transport turns it into the same problem document. */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  readonly details: ErrorDetails

  constructor(code: ErrorCode, details: ErrorDetails = {}) {
    super(ERRORS[code].title)
    this.code = code
    this.details = details
  }

  get status(): number {
    return ERRORS[this.code].status
  }
}

/** RFC 9457 problem document, the same on REST, tRPC (`data.problem`) and the socket. */
export interface Problem {
  type: string
  title: string
  status: number
  code: ErrorCode
  detail: string
  errors: FieldError[]
  request_id: string
  retry_after?: number
}

export function toProblem(error: AppError, request_id: string): Problem {
  const { status, title } = ERRORS[error.code]
  const { detail, errors, retry_after } = error.details
  return {
    type: `urn:parley:error:${error.code}`,
    title,
    status,
    code: error.code,
    detail: detail ?? title,
    errors: errors ?? [],
    request_id,
    ...(retry_after === undefined ? {} : { retry_after }),
  }
}
