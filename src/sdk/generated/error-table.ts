// Generated from contracts/ by `bun run docs`. Do not edit.

/** Every error: code, status, `!` if the same call may succeed later, title. */
export const ERRORS = `malformed 400 The request could not be read
unauthenticated 401 A valid access token is required
invalid_credentials 401 The name or the password is wrong
invalid_refresh_token 401 The refresh token is unknown, expired or already used
forbidden 403 You may not do this
account_disabled 403 This account is disabled
cannot_message_user 403 This user cannot be messaged or added
user_blocked 403 You have blocked this user
system_message 403 A system message cannot be changed
origin_refused 403 This web origin is not allowed
not_found 404 Not found
method_not_allowed 405 This path does not take this method
request_timeout 408! The request body did not arrive in time
username_taken 409 This username is taken
email_taken 409 This e-mail address is taken
last_admin 409 The last ADMIN cannot be demoted, disabled or deleted
file_in_use 409 A message or a profile refers to this file
last_owner 409 A group needs an owner
client_id_reused 409 This client_id was used for another message
wrong_offset 409 The upload has another offset
too_many_uploads 409 Too many uploads of yours are in progress
too_many_reactions 409 A message takes at most 20 kinds of reactions
gone 410 This message was deleted, or this invite has ended
tus_version 412 The header Tus-Resumable must name version 1.0.0
too_large 413 The request body is too large
unsupported_media_type 415 The request body has a type or encoding that is not accepted here
range_not_satisfiable 416 The file has no such range
validation_failed 422 The input is not valid
conversation_disabled 423 This conversation is disabled
upgrade_required 426 This path speaks WebSocket
rate_limited 429! Too many requests
internal 500! An unexpected error occurred in the server
quota_exceeded 507 Your files take all the space that you have
busy 503! Too many changes at once, try again
unavailable 503! A service that the server depends on cannot be reached`
