// Generated from contracts/ by `bun run docs`. Do not edit.

/** Every error: status, `!` if the same call may succeed later, and the codes with both. */
export const ERRORS = `400 malformed
401 unauthenticated invalid_credentials invalid_refresh_token invalid_user_token
403 forbidden scope_missing act_as_refused account_disabled cannot_message_user user_blocked system_message origin_refused
404 not_found
405 method_not_allowed
408! request_timeout
409 username_taken email_taken external_id_taken last_admin file_in_use last_owner client_id_reused wrong_offset too_many_uploads too_many_reactions
410 gone
412 tus_version
413 too_large
415 unsupported_media_type
416 range_not_satisfiable
422 validation_failed
423 conversation_disabled
426 upgrade_required
429! rate_limited
500! internal
507 quota_exceeded
503! busy unavailable`
