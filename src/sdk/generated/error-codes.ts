// Generated from contracts/ by `bun run docs`. Do not edit.

/** A wrong input field and the rule that it breaks. */
export interface FieldError {
  path: string
  message: string
}

/** The answer of every call that failed, as RFC 9457 says. */
export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  request_id: string
  retry_after?: number | undefined
  code: ErrorCode
  errors: FieldError[]
}

/** Every error code. A code never changes its meaning or its status. */
export type ErrorCode =
  | 'malformed'
  | 'unauthenticated'
  | 'invalid_credentials'
  | 'invalid_refresh_token'
  | 'invalid_user_token'
  | 'forbidden'
  | 'scope_missing'
  | 'act_as_refused'
  | 'account_disabled'
  | 'cannot_message_user'
  | 'user_blocked'
  | 'system_message'
  | 'origin_refused'
  | 'not_found'
  | 'method_not_allowed'
  | 'request_timeout'
  | 'username_taken'
  | 'email_taken'
  | 'external_id_taken'
  | 'last_admin'
  | 'file_in_use'
  | 'last_owner'
  | 'client_id_reused'
  | 'wrong_offset'
  | 'too_many_uploads'
  | 'too_many_reactions'
  | 'gone'
  | 'tus_version'
  | 'too_large'
  | 'unsupported_media_type'
  | 'range_not_satisfiable'
  | 'validation_failed'
  | 'conversation_disabled'
  | 'upgrade_required'
  | 'rate_limited'
  | 'internal'
  | 'quota_exceeded'
  | 'busy'
  | 'unavailable'
