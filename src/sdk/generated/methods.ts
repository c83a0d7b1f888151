// Generated from contracts/ by `bun run docs`. Do not edit.
import type { List } from './entities.ts'
import type { Operations } from './operations.ts'
import type { CallOptions, UploadOptions } from '../call-options.ts'

/** An item of a list. */
export type ItemOf<L> = L extends List<infer T> ? T : never

/** A method for every operation: `client.groups.addMembers({ … })`. */
export interface Methods {
  readonly auth: {
    /** Create an account and sign in. (`POST /auth/register`) */
    readonly register: (
      input: Operations['auth.register']['input'],
      options?: CallOptions,
    ) => Promise<Operations['auth.register']['output']>
    /** Sign in with exactly one of username and email. (`POST /auth/login`) */
    readonly login: (
      input: Operations['auth.login']['input'],
      options?: CallOptions,
    ) => Promise<Operations['auth.login']['output']>
    /**
     * Sign in with a token of the system that runs this server. For users of your own application: a JWT that your
     * back end has signed, with `sub` (your id of the user), `exp` (at most 24 hours ahead), and optionally `name`,
     * `email`, `username` and `role`. The user is created at first sight, and follows the claims. 404 unless the
     * server is set up for it (`PARLEY_USER_TOKEN_SECRET`, `PARLEY_USER_TOKEN_JWKS`). (`POST /auth/exchange`)
     */
    readonly exchange: (
      input: Operations['auth.exchange']['input'],
      options?: CallOptions,
    ) => Promise<Operations['auth.exchange']['output']>
    /**
     * Exchange a refresh token for new tokens. The refresh token rotates: the answer has a new one. The old one
     * stays valid until the new one is first used, for at most 60 s, and gives the same new one again. Any later use
     * of the old one ends the session. (`POST /auth/refresh-token`)
     */
    readonly refreshToken: (
      input?: Operations['auth.refresh-token']['input'],
      options?: CallOptions,
    ) => Promise<Operations['auth.refresh-token']['output']>
    /**
     * End this session, or all sessions of your account. Closes the sockets of the sessions that it ends (4401). A
     * token of a session that has already ended gets 204 again. (`POST /auth/logout`)
     */
    readonly logout: (
      input?: Operations['auth.logout']['input'],
      options?: CallOptions,
    ) => Promise<Operations['auth.logout']['output']>
    /** List the sessions of your account, newest first by default. (`GET /auth/sessions`) */
    readonly sessions: (
      input?: Operations['auth.sessions']['input'],
      options?: CallOptions,
    ) => Promise<Operations['auth.sessions']['output']>
    /** End one session of your account. (`DELETE /auth/sessions/{session_id}`) */
    readonly revokeSession: (
      input: Operations['auth.revoke-session']['input'],
      options?: CallOptions,
    ) => Promise<Operations['auth.revoke-session']['output']>
    /** Change your password and end your other sessions. (`PUT /auth/password`) */
    readonly password: (
      input: Operations['auth.password']['input'],
      options?: CallOptions,
    ) => Promise<Operations['auth.password']['output']>
    /**
     * Get a ticket that opens one socket or subscription. Valid once, within 30 s, as `?ticket=` of `GET /ws` or of
     * the subscription. (`POST /auth/ws-ticket`)
     */
    readonly wsTicket: (
      input?: Operations['auth.ws-ticket']['input'],
      options?: CallOptions,
    ) => Promise<Operations['auth.ws-ticket']['output']>
  }
  readonly keys: {
    /**
     * Create a key for a program. The key calls as the account `user_id`; without it an account is made for it, with
     * the given `role`. It may do what that account may, within its scopes. No key may call `auth.*`, `keys.*` and
     * `users.export`. (`POST /api-keys`)
     */
    readonly create: (
      input: Operations['keys.create']['input'],
      options?: CallOptions,
    ) => Promise<Operations['keys.create']['output']>
    /** List the keys, ordered by id. (`GET /api-keys`) */
    readonly list: (
      input?: Operations['keys.list']['input'],
      options?: CallOptions,
    ) => Promise<Operations['keys.list']['output']>
    /** Get a key, without its secret. (`GET /api-keys/{key_id}`) */
    readonly get: (
      input: Operations['keys.get']['input'],
      options?: CallOptions,
    ) => Promise<Operations['keys.get']['output']>
    /** Change what a key may do. Takes effect within a second. (`PUT /api-keys/{key_id}`) */
    readonly update: (
      input: Operations['keys.update']['input'],
      options?: CallOptions,
    ) => Promise<Operations['keys.update']['output']>
    /**
     * Replace the secret of a key. The old one stays valid for `overlap_hours`, so that programs can be changed one
     * after the other. (`POST /api-keys/{key_id}/rotate`)
     */
    readonly rotate: (
      input: Operations['keys.rotate']['input'],
      options?: CallOptions,
    ) => Promise<Operations['keys.rotate']['output']>
    /**
     * Revoke a key. Its calls are refused and its sockets closed, on every node within 2 s. (`DELETE
     * /api-keys/{key_id}`)
     */
    readonly delete: (
      input: Operations['keys.delete']['input'],
      options?: CallOptions,
    ) => Promise<Operations['keys.delete']['output']>
    /** The items of `keys.list` one by one, over all pages. */
    readonly pages: (
      input?: Operations['keys.list']['input'],
      options?: CallOptions,
    ) => AsyncIterableIterator<ItemOf<Operations['keys.list']['output']>>
  }
  readonly users: {
    /** Get your profile with unread totals. (`GET /users/me`) */
    readonly me: (
      input?: Operations['users.me']['input'],
      options?: CallOptions,
    ) => Promise<Operations['users.me']['output']>
    /**
     * List users, ordered by id. `q` is a prefix of username or full name. Disabled and deleted users are listed for
     * an ADMIN only, who may filter by `disabled`. (`GET /users`)
     */
    readonly list: (
      input?: Operations['users.list']['input'],
      options?: CallOptions,
    ) => Promise<Operations['users.list']['output']>
    /** Create an account for someone else. (`POST /users`) */
    readonly create: (
      input: Operations['users.create']['input'],
      options?: CallOptions,
    ) => Promise<Operations['users.create']['output']>
    /**
     * Create or update users of your own system. Each is found by its `external_id`, created if there is none, and
     * changed where it differs; `username` counts for new ones only. They are changed one by one: one that fails
     * leaves the others as they are, and the call may be repeated. They have no password, and sign in by
     * `auth.exchange`, or are called as by an API key. (`PUT /users/external`)
     */
    readonly upsert: (
      input: Operations['users.upsert']['input'],
      options?: CallOptions,
    ) => Promise<Operations['users.upsert']['output']>
    /**
     * Export all data of your account, page by page. First sessions, then contacts, devices, your files,
     * conversations, the invites that you created, and your messages. `limit` counts all of them, and
     * `messages.next_start` is the next page. Each page has the profile and the preferences. (`GET
     * /users/me/export`)
     */
    readonly export: (
      input?: Operations['users.export']['input'],
      options?: CallOptions,
    ) => Promise<Operations['users.export']['output']>
    /**
     * Get a public profile. For `me` REST answers as `GET /users/me`: the whole profile, with `unread`. (`GET
     * /users/{user_id}`)
     */
    readonly get: (
      input: Operations['users.get']['input'],
      options?: CallOptions,
    ) => Promise<Operations['users.get']['output']>
    /**
     * Change your profile, or any profile as an ADMIN. Only an ADMIN may set `role`, `disabled` and `external_id`.
     * Disabling ends all sessions of the user. (`PUT /users/{user_id}`)
     */
    readonly update: (
      input: Operations['users.update']['input'],
      options?: CallOptions,
    ) => Promise<Operations['users.update']['output']>
    /**
     * Delete your account with your password, or any account as an ADMIN. The account is anonymised: its messages
     * stay, by a "Deleted user", and it leaves every group. (`DELETE /users/{user_id}`)
     */
    readonly delete: (
      input: Operations['users.delete']['input'],
      options?: CallOptions,
    ) => Promise<Operations['users.delete']['output']>
    /** The items of `users.list` one by one, over all pages. */
    readonly pages: (
      input?: Operations['users.list']['input'],
      options?: CallOptions,
    ) => AsyncIterableIterator<ItemOf<Operations['users.list']['output']>>
  }
  readonly conversations: {
    /**
     * Create a group, or open the direct conversation with someone. There is one direct conversation per pair of
     * users: a second call answers 200 with the same one. (`POST /conversations`)
     */
    readonly create: (
      input: Operations['conversations.create']['input'],
      options?: CallOptions,
    ) => Promise<Operations['conversations.create']['output']>
    /**
     * List your conversations, or all of them as an ADMIN. Ordered by id, or with `order=activity` by the latest
     * message; `start` is then the `next_start` of the previous page. (`GET /conversations`)
     */
    readonly list: (
      input?: Operations['conversations.list']['input'],
      options?: CallOptions,
    ) => Promise<Operations['conversations.list']['output']>
    /** List your conversations by activity, latest first by default. (`GET /users/me/conversations`) */
    readonly inbox: (
      input?: Operations['conversations.inbox']['input'],
      options?: CallOptions,
    ) => Promise<Operations['conversations.inbox']['output']>
    /** Get one of your conversations. (`GET /users/me/conversations/{conversation_id}`) */
    readonly inboxEntry: (
      input: Operations['conversations.inbox-entry']['input'],
      options?: CallOptions,
    ) => Promise<Operations['conversations.inbox-entry']['output']>
    /** Get a conversation. (`GET /conversations/{conversation_id}`) */
    readonly get: (
      input: Operations['conversations.get']['input'],
      options?: CallOptions,
    ) => Promise<Operations['conversations.get']['output']>
    /**
     * Change name, topic, avatar, visibility or participants; disable or restore. `participant_ids` is the whole new
     * list; a caller who is a member stays one. Only an owner or an ADMIN may set `visibility` and `disabled`. (`PUT
     * /conversations/{conversation_id}`)
     */
    readonly update: (
      input: Operations['conversations.update']['input'],
      options?: CallOptions,
    ) => Promise<Operations['conversations.update']['output']>
    /**
     * Disable a conversation, or purge it with all its messages. `soft_delete=true` keeps the history and refuses
     * writes (423); `PUT` with `disabled: false` restores it. `soft_delete=false` deletes everything for ever.
     * (`DELETE /conversations/{conversation_id}`)
     */
    readonly delete: (
      input: Operations['conversations.delete']['input'],
      options?: CallOptions,
    ) => Promise<Operations['conversations.delete']['output']>
    /**
     * Move your read marker forward. A seq at or before the marker changes nothing. A seq greater than `last_seq` is
     * 422. (`PUT /conversations/{conversation_id}/read`)
     */
    readonly read: (
      input: Operations['conversations.read']['input'],
      options?: CallOptions,
    ) => Promise<Operations['conversations.read']['output']>
    /**
     * Mark as unread from a message on: your marker moves to seq - 1. (`PUT
     * /conversations/{conversation_id}/unread`)
     */
    readonly unread: (
      input: Operations['conversations.unread']['input'],
      options?: CallOptions,
    ) => Promise<Operations['conversations.unread']['output']>
    /** Change your settings: mute, pin, archive, notifications. (`PUT /conversations/{conversation_id}/me`) */
    readonly membership: (
      input: Operations['conversations.membership']['input'],
      options?: CallOptions,
    ) => Promise<Operations['conversations.membership']['output']>
    /** List the members, ordered by user id. (`GET /conversations/{conversation_id}/members`) */
    readonly members: (
      input: Operations['conversations.members']['input'],
      options?: CallOptions,
    ) => Promise<Operations['conversations.members']['output']>
    /** List how far each member has read, ordered by user id. (`GET /conversations/{conversation_id}/receipts`) */
    readonly receipts: (
      input: Operations['conversations.receipts']['input'],
      options?: CallOptions,
    ) => Promise<Operations['conversations.receipts']['output']>
    /** The items of `conversations.list` one by one, over all pages. */
    readonly pages: (
      input?: Operations['conversations.list']['input'],
      options?: CallOptions,
    ) => AsyncIterableIterator<ItemOf<Operations['conversations.list']['output']>>
  }
  readonly messages: {
    /**
     * Send a message. Idempotent without a time limit per conversation, sender and `client_id`: a repeat answers 200
     * with the message as it is now, or 409 if its body differs. The content is kept verbatim. (`POST
     * /conversations/{conversation_id}/messages`)
     */
    readonly send: (
      input: Operations['messages.send']['input'],
      options?: CallOptions,
    ) => Promise<Operations['messages.send']['output']>
    /**
     * Read the history, newest first by default. Ordered by seq. `around` gives the messages before and after one
     * message in ascending order: `next_start` continues with newer ones, `sort=desc&start=first_id` with older
     * ones. A page ends before 256 KiB, with `has_more` true. (`GET /conversations/{conversation_id}/messages`)
     */
    readonly list: (
      input: Operations['messages.list']['input'],
      options?: CallOptions,
    ) => Promise<Operations['messages.list']['output']>
    /**
     * List the pinned messages, latest pin first. `start` is the `next_start` of the previous page; it stays valid
     * when that message is unpinned. (`GET /conversations/{conversation_id}/pins`)
     */
    readonly pins: (
      input: Operations['messages.pins']['input'],
      options?: CallOptions,
    ) => Promise<Operations['messages.pins']['output']>
    /** Get a message. (`GET /messages/{message_id}`) */
    readonly get: (
      input: Operations['messages.get']['input'],
      options?: CallOptions,
    ) => Promise<Operations['messages.get']['output']>
    /** Edit your message; the earlier text is kept. (`PUT /messages/{message_id}`) */
    readonly update: (
      input: Operations['messages.update']['input'],
      options?: CallOptions,
    ) => Promise<Operations['messages.update']['output']>
    /** Delete a message for everyone; an empty message with its seq remains. (`DELETE /messages/{message_id}`) */
    readonly delete: (
      input: Operations['messages.delete']['input'],
      options?: CallOptions,
    ) => Promise<Operations['messages.delete']['output']>
    /**
     * List the earlier texts of a message, oldest first by default. A text has no id: `first_id`, `last_id` and
     * `next_start` are valid in this list only. (`GET /messages/{message_id}/history`)
     */
    readonly history: (
      input: Operations['messages.history']['input'],
      options?: CallOptions,
    ) => Promise<Operations['messages.history']['output']>
    /** Add a reaction; adding it again changes nothing. (`POST /messages/{message_id}/react`) */
    readonly react: (
      input: Operations['messages.react']['input'],
      options?: CallOptions,
    ) => Promise<Operations['messages.react']['output']>
    /** Remove your reaction. (`DELETE /messages/{message_id}/react`) */
    readonly unreact: (
      input: Operations['messages.unreact']['input'],
      options?: CallOptions,
    ) => Promise<Operations['messages.unreact']['output']>
    /** Pin a message to its conversation. (`PUT /messages/{message_id}/pin`) */
    readonly pin: (
      input: Operations['messages.pin']['input'],
      options?: CallOptions,
    ) => Promise<Operations['messages.pin']['output']>
    /** Unpin a message. (`DELETE /messages/{message_id}/pin`) */
    readonly unpin: (
      input: Operations['messages.unpin']['input'],
      options?: CallOptions,
    ) => Promise<Operations['messages.unpin']['output']>
    /** The items of `messages.list` one by one, over all pages. */
    readonly pages: (
      input: Operations['messages.list']['input'],
      options?: CallOptions,
    ) => AsyncIterableIterator<ItemOf<Operations['messages.list']['output']>>
  }
  readonly contacts: {
    /**
     * Add a user, named by id or username, to your contacts. The user is not asked and not told. Adding again
     * answers 200 and changes nothing. (`POST /contacts`)
     */
    readonly add: (
      input?: Operations['contacts.add']['input'],
      options?: CallOptions,
    ) => Promise<Operations['contacts.add']['output']>
    /**
     * List your contacts, or whom you have blocked, ordered by user id. Without `blocked` those whom you have added.
     * `blocked=false` leaves out those whom you have blocked, `blocked=true` lists everybody whom you have blocked,
     * added or not. (`GET /contacts`)
     */
    readonly list: (
      input?: Operations['contacts.list']['input'],
      options?: CallOptions,
    ) => Promise<Operations['contacts.list']['output']>
    /** Remove a user from your contacts. A block of the user stays. (`DELETE /contacts/{contact_id}`) */
    readonly remove: (
      input: Operations['contacts.remove']['input'],
      options?: CallOptions,
    ) => Promise<Operations['contacts.remove']['output']>
    /**
     * Block a user, who need not be a contact. The user is not told. Blocking again changes nothing. (`PUT
     * /contacts/{contact_id}/block`)
     */
    readonly block: (
      input: Operations['contacts.block']['input'],
      options?: CallOptions,
    ) => Promise<Operations['contacts.block']['output']>
    /** Take back a block. (`PUT /contacts/{contact_id}/unblock`) */
    readonly unblock: (
      input: Operations['contacts.unblock']['input'],
      options?: CallOptions,
    ) => Promise<Operations['contacts.unblock']['output']>
    /** The items of `contacts.list` one by one, over all pages. */
    readonly pages: (
      input?: Operations['contacts.list']['input'],
      options?: CallOptions,
    ) => AsyncIterableIterator<ItemOf<Operations['contacts.list']['output']>>
  }
  readonly groups: {
    /**
     * Create a group. The same as creating a conversation of type `group`: the caller becomes its owner. (`POST
     * /groups`)
     */
    readonly create: (
      input: Operations['groups.create']['input'],
      options?: CallOptions,
    ) => Promise<Operations['groups.create']['output']>
    /**
     * List the public groups. Those of others too, without `last_message` and with `me` null. Disabled groups are
     * not listed. (`GET /groups`)
     */
    readonly list: (
      input?: Operations['groups.list']['input'],
      options?: CallOptions,
    ) => Promise<Operations['groups.list']['output']>
    /**
     * Get a group. Somebody who is not a member sees a public group without `last_message` and with `me` null. (`GET
     * /groups/{conversation_id}`)
     */
    readonly get: (
      input: Operations['groups.get']['input'],
      options?: CallOptions,
    ) => Promise<Operations['groups.get']['output']>
    /**
     * Change name, topic, visibility or participants of a group; disable or restore it. The same as changing the
     * conversation. (`PUT /groups/{conversation_id}`)
     */
    readonly update: (
      input: Operations['groups.update']['input'],
      options?: CallOptions,
    ) => Promise<Operations['groups.update']['output']>
    /**
     * Disable a group, or purge it with all its messages. The same as deleting the conversation. (`DELETE
     * /groups/{conversation_id}`)
     */
    readonly delete: (
      input: Operations['groups.delete']['input'],
      options?: CallOptions,
    ) => Promise<Operations['groups.delete']['output']>
    /** Join a public group. Answers 200 to a member too. (`POST /groups/{conversation_id}/join`) */
    readonly join: (
      input: Operations['groups.join']['input'],
      options?: CallOptions,
    ) => Promise<Operations['groups.join']['output']>
    /**
     * Add users to a group. Needs the member role admin or owner, or the global role ADMIN. A role other than member
     * needs the owner or an ADMIN. (`POST /groups/{conversation_id}/members`)
     */
    readonly addMembers: (
      input: Operations['groups.add-members']['input'],
      options?: CallOptions,
    ) => Promise<Operations['groups.add-members']['output']>
    /**
     * Set a member's role. For owners and ADMINs. The last owner of a group cannot be demoted. (`PUT
     * /groups/{conversation_id}/members/{user_id}`)
     */
    readonly updateMember: (
      input: Operations['groups.update-member']['input'],
      options?: CallOptions,
    ) => Promise<Operations['groups.update-member']['output']>
    /**
     * Remove a member, or leave. When the last owner leaves or is removed, the admin who joined first becomes owner,
     * or without admins the member who joined first. (`DELETE /groups/{conversation_id}/members/{user_id}`)
     */
    readonly removeMember: (
      input: Operations['groups.remove-member']['input'],
      options?: CallOptions,
    ) => Promise<Operations['groups.remove-member']['output']>
    /** The items of `groups.list` one by one, over all pages. */
    readonly pages: (
      input?: Operations['groups.list']['input'],
      options?: CallOptions,
    ) => AsyncIterableIterator<ItemOf<Operations['groups.list']['output']>>
  }
  readonly invites: {
    /**
     * Create an invite link to a group. Needs the member role admin or owner, or the global role ADMIN. (`POST
     * /groups/{conversation_id}/invites`)
     */
    readonly create: (
      input: Operations['invites.create']['input'],
      options?: CallOptions,
    ) => Promise<Operations['invites.create']['output']>
    /**
     * List the invites of a group, newest first by default. Without those that were revoked or have expired. For the
     * same people who may create them. (`GET /groups/{conversation_id}/invites`)
     */
    readonly list: (
      input: Operations['invites.list']['input'],
      options?: CallOptions,
    ) => Promise<Operations['invites.list']['output']>
    /** Revoke an invite. Those who joined by it stay members. (`DELETE /groups/{conversation_id}/invites/{code}`) */
    readonly revoke: (
      input: Operations['invites.revoke']['input'],
      options?: CallOptions,
    ) => Promise<Operations['invites.revoke']['output']>
    /** See to which group an invite leads. (`GET /invites/{code}`) */
    readonly preview: (
      input: Operations['invites.preview']['input'],
      options?: CallOptions,
    ) => Promise<Operations['invites.preview']['output']>
    /**
     * Join a group by an invite. Answers 200 to a member too, whatever has become of the invite, and does not count
     * as a use of it then. (`POST /invites/{code}/join`)
     */
    readonly join: (
      input: Operations['invites.join']['input'],
      options?: CallOptions,
    ) => Promise<Operations['invites.join']['output']>
    /** The items of `invites.list` one by one, over all pages. */
    readonly pages: (
      input: Operations['invites.list']['input'],
      options?: CallOptions,
    ) => AsyncIterableIterator<ItemOf<Operations['invites.list']['output']>>
  }
  readonly files: {
    /**
     * Upload a file. The type is found in the content; the name is text for display. Nobody else sees the file until
     * a message or a profile refers to it; if nothing does for 24 hours, it is removed. With `conversation_id` an
     * upload is refused that could not be sent there. Larger files: `/uploads`. (`POST /upload`)
     */
    readonly upload: (
      input: Operations['files.upload']['input'],
      options?: UploadOptions,
    ) => Promise<Operations['files.upload']['output']>
    /**
     * Get what a file is, or its bytes. The bytes with `download=1`, or if `Accept` prefers anything to JSON; those
     * of a small picture with `thumbnail=1`. Bytes are sent over HTTP only, with `Range`, `ETag` and HEAD. They are
     * for the uploader, for members of a conversation with a message or an avatar that is the file, and those of a
     * user’s avatar for everybody. (`GET /files/{file_id}`)
     */
    readonly get: (
      input: Operations['files.get']['input'],
      options?: CallOptions,
    ) => Promise<Operations['files.get']['output']>
    /**
     * Get links to the bytes of a file, for `<img>` and the like. Paths on this server that answer the bytes without
     * an `Authorization` header, to anybody who has them, for at most an hour; as long as your session lasts and you
     * see the file. The same for some time, so that browsers can cache what they show. (`GET /files/{file_id}/link`)
     */
    readonly link: (
      input: Operations['files.link']['input'],
      options?: CallOptions,
    ) => Promise<Operations['files.link']['output']>
    /**
     * Get the bytes of a file by a link. As `files.get` with `download=1`, for who has a link (`files.link`) instead
     * of a token. (`GET /files/{file_id}/content`)
     */
    readonly content: (
      input: Operations['files.content']['input'],
      options?: CallOptions,
    ) => Promise<Operations['files.content']['output']>
    /** Delete your file, to which nothing refers. (`DELETE /files/{file_id}`) */
    readonly delete: (
      input: Operations['files.delete']['input'],
      options?: CallOptions,
    ) => Promise<Operations['files.delete']['output']>
  }
  readonly notifications: {
    /**
     * Register this device for push notifications. Clients call it at each start. The device belongs to the session
     * and ends with it. A device of another user that is registered here no longer belongs to that user. The same
     * token, or the same `device_id` with another token, is the same device (200). (`POST
     * /notifications/register-device`)
     */
    readonly registerDevice: (
      input: Operations['notifications.register-device']['input'],
      options?: CallOptions,
    ) => Promise<Operations['notifications.register-device']['output']>
    /** List your devices, ordered by id. (`GET /notifications/devices`) */
    readonly devices: (
      input?: Operations['notifications.devices']['input'],
      options?: CallOptions,
    ) => Promise<Operations['notifications.devices']['output']>
    /** Remove one of your devices. (`DELETE /notifications/devices/{id}`) */
    readonly deleteDevice: (
      input: Operations['notifications.delete-device']['input'],
      options?: CallOptions,
    ) => Promise<Operations['notifications.delete-device']['output']>
    /** Get what you are notified of. (`GET /notifications/preferences`) */
    readonly preferences: (
      input?: Operations['notifications.preferences']['input'],
      options?: CallOptions,
    ) => Promise<Operations['notifications.preferences']['output']>
    /**
     * Change what you are notified of. `quiet_hours` is the whole new list. During quiet hours, and until
     * `muted_until`, nothing is pushed. (`PUT /notifications/preferences`)
     */
    readonly updatePreferences: (
      input?: Operations['notifications.update-preferences']['input'],
      options?: CallOptions,
    ) => Promise<Operations['notifications.update-preferences']['output']>
    /** Get the key with which a browser subscribes to Web Push. (`GET /notifications/vapid-public-key`) */
    readonly vapidPublicKey: (
      input?: Operations['notifications.vapid-public-key']['input'],
      options?: CallOptions,
    ) => Promise<Operations['notifications.vapid-public-key']['output']>
    /**
     * Push a notice to the devices of users. Exactly one of `user_ids`, `conversation_id` (its members) and `all`.
     * Users who have muted everything, chosen the level `none` or have quiet hours now are skipped. The answer comes
     * when it is queued; the job says how it went. (`POST /notifications/send`)
     */
    readonly send: (
      input: Operations['notifications.send']['input'],
      options?: CallOptions,
    ) => Promise<Operations['notifications.send']['output']>
    /** Get how a notice went. A job is kept for 7 days. (`GET /notifications/jobs/{job_id}`) */
    readonly job: (
      input: Operations['notifications.job']['input'],
      options?: CallOptions,
    ) => Promise<Operations['notifications.job']['output']>
  }
  readonly search: {
    /**
     * Search the messages of your conversations. All words must occur, each with one typo from 5 letters on and two
     * from 9, the last one also as a prefix; `"…"` is a phrase, `-word` excludes. Only conversations that the caller
     * is a member of now are searched; an ADMIN may name any by `conversation_id`. `relevance` ranks at most 1,000
     * messages, `recent` gives all, latest first. Without `q` it lists what `sender_id`, `type` or `has` admit,
     * latest first. (`GET /search/messages`)
     */
    readonly messages: (
      input?: Operations['search.messages']['input'],
      options?: CallOptions,
    ) => Promise<Operations['search.messages']['output']>
  }
  readonly analytics: {
    /**
     * Count messages over time, by type, conversation and sender. System messages are not counted, deleted messages
     * stay counted, those of purged conversations do not. At most 1000 buckets. CSV by `Accept: text/csv`. (`GET
     * /analytics/messages`)
     */
    readonly messages: (
      input?: Operations['analytics.messages']['input'],
      options?: CallOptions,
    ) => Promise<Operations['analytics.messages']['output']>
    /**
     * Count new and active users over time, with retention by week. A user is active in a bucket if they sent a
     * message in it. Deleted accounts are left out of `total`, `new` and `retention`. At most 1000 buckets and the
     * latest 53 cohorts. CSV by `Accept: text/csv`. (`GET /analytics/users`)
     */
    readonly users: (
      input?: Operations['analytics.users']['input'],
      options?: CallOptions,
    ) => Promise<Operations['analytics.users']['output']>
  }
  readonly typing: {
    /**
     * Say that you are typing. For members who may send messages. The others are told for 8 seconds; repeat the call
     * while you type, every 3 seconds at most. A message that you send ends it. (`POST
     * /conversations/{conversation_id}/typing`)
     */
    readonly start: (
      input: Operations['typing.start']['input'],
      options?: CallOptions,
    ) => Promise<Operations['typing.start']['output']>
    /** Say that you have stopped typing. (`DELETE /conversations/{conversation_id}/typing`) */
    readonly stop: (
      input: Operations['typing.stop']['input'],
      options?: CallOptions,
    ) => Promise<Operations['typing.stop']['output']>
  }
  readonly presence: {
    /**
     * Set your status. `presence` overrides what follows from your connections; `online` ends the override. With
     * `invisible` you look offline to others, without text, emoji and last activity. At `expires_at` override, text
     * and emoji end. (`PUT /users/{user_id}/status`)
     */
    readonly setStatus: (
      input: Operations['presence.set-status']['input'],
      options?: CallOptions,
    ) => Promise<Operations['presence.set-status']['output']>
    /**
     * Get the status of a user. A user who is invisible, or whom a block hides, looks offline. (`GET
     * /users/{user_id}/status`)
     */
    readonly status: (
      input: Operations['presence.status']['input'],
      options?: CallOptions,
    ) => Promise<Operations['presence.status']['output']>
    /**
     * Get the statuses of several users. In the order of the ids, each once. An id of nobody looks offline. (`GET
     * /presence`)
     */
    readonly list: (
      input: Operations['presence.list']['input'],
      options?: CallOptions,
    ) => Promise<Operations['presence.list']['output']>
    /**
     * Get the statuses of users, and from now on each change. On a socket only. The list replaces that of an earlier
     * call; an empty one ends the subscription. `presence.updated` follows for each change that you may see, at most
     * one a second for each user. (`GET /ws`)
     */
    readonly subscribe: (
      input: Operations['presence.subscribe']['input'],
      options?: CallOptions,
    ) => Promise<Operations['presence.subscribe']['output']>
  }
  readonly uploads: {
    /**
     * Ask what resumable uploads can do. Part of the protocol tus 1.0 (https://tus.io/protocols/resumable-upload),
     * which has its fields in headers. Answers `Tus-Extension` and `Tus-Max-Size`. (`OPTIONS /uploads`)
     */
    readonly options: (
      input?: Operations['uploads.options']['input'],
      options?: CallOptions,
    ) => Promise<Operations['uploads.options']['output']>
    /**
     * Begin a resumable upload. Part of the protocol tus 1.0 (https://tus.io/protocols/resumable-upload), which has
     * its fields in headers. `Upload-Length` is needed, `Upload-Metadata` may have `filename`; a body is the first
     * part. Answers `Location`, `Upload-Offset` and `Upload-Expires`. The length counts against your quota from now
     * on. (`POST /uploads`)
     */
    readonly create: (
      input: Operations['uploads.create']['input'],
      options?: UploadOptions,
    ) => Promise<Operations['uploads.create']['output']>
    /**
     * Ask how much of an upload is stored. Part of the protocol tus 1.0 (https://tus.io/protocols/resumable-upload),
     * which has its fields in headers. The protocol asks by HEAD. Answers `Upload-Offset`, `Upload-Length`, and
     * `Parley-File-Id` once the file exists. (`GET /uploads/{upload_id}`)
     */
    readonly status: (
      input: Operations['uploads.status']['input'],
      options?: CallOptions,
    ) => Promise<Operations['uploads.status']['output']>
    /**
     * Continue an upload. Part of the protocol tus 1.0 (https://tus.io/protocols/resumable-upload), which has its
     * fields in headers. `Upload-Offset` must be what is stored. What has arrived is kept if the connection ends.
     * The last answer has `Parley-File-Id`. (`PATCH /uploads/{upload_id}`)
     */
    readonly append: (
      input: Operations['uploads.append']['input'],
      options?: UploadOptions,
    ) => Promise<Operations['uploads.append']['output']>
    /**
     * Give up an upload. Part of the protocol tus 1.0 (https://tus.io/protocols/resumable-upload), which has its
     * fields in headers. A file that was made of it stays. (`DELETE /uploads/{upload_id}`)
     */
    readonly terminate: (
      input: Operations['uploads.terminate']['input'],
      options?: CallOptions,
    ) => Promise<Operations['uploads.terminate']['output']>
  }
  readonly webhooks: {
    /**
     * Create a webhook. Every event of a conversation that is committed from now on is sent to the URL by POST, at
     * least once, signed as Standard Webhooks has it. A server has at most 50 webhooks. (`POST /webhooks`)
     */
    readonly create: (
      input: Operations['webhooks.create']['input'],
      options?: CallOptions,
    ) => Promise<Operations['webhooks.create']['output']>
    /** List the webhooks, ordered by id. (`GET /webhooks`) */
    readonly list: (
      input?: Operations['webhooks.list']['input'],
      options?: CallOptions,
    ) => Promise<Operations['webhooks.list']['output']>
    /** Get a webhook, without its secret. (`GET /webhooks/{webhook_id}`) */
    readonly get: (
      input: Operations['webhooks.get']['input'],
      options?: CallOptions,
    ) => Promise<Operations['webhooks.get']['output']>
    /**
     * Change, disable or enable a webhook. Takes effect within 2 s. What happens while it is disabled is sent once
     * it is enabled again, unless `skip_missed` is true. (`PUT /webhooks/{webhook_id}`)
     */
    readonly update: (
      input: Operations['webhooks.update']['input'],
      options?: CallOptions,
    ) => Promise<Operations['webhooks.update']['output']>
    /** Delete a webhook and its deliveries. (`DELETE /webhooks/{webhook_id}`) */
    readonly delete: (
      input: Operations['webhooks.delete']['input'],
      options?: CallOptions,
    ) => Promise<Operations['webhooks.delete']['output']>
    /**
     * Replace the secret of a webhook. For `overlap_hours` requests have two signatures, by the new secret and by
     * the old one. (`POST /webhooks/{webhook_id}/rotate`)
     */
    readonly rotate: (
      input: Operations['webhooks.rotate']['input'],
      options?: CallOptions,
    ) => Promise<Operations['webhooks.rotate']['output']>
    /**
     * Send a `ping` to a webhook now. Once, also to one that is disabled, and with the answer. It is no delivery and
     * is not tried again. (`POST /webhooks/{webhook_id}/test`)
     */
    readonly test: (
      input: Operations['webhooks.test']['input'],
      options?: CallOptions,
    ) => Promise<Operations['webhooks.test']['output']>
    /**
     * List the deliveries of a webhook, newest first by default. They are listed for 7 days after their end. (`GET
     * /webhooks/{webhook_id}/deliveries`)
     */
    readonly deliveries: (
      input: Operations['webhooks.deliveries']['input'],
      options?: CallOptions,
    ) => Promise<Operations['webhooks.deliveries']['output']>
    /**
     * Send deliveries again. One of them (`delivery_id`), or those of events from `since` to `until`, of one
     * `status` or of all. They keep their ids and begin with their first attempt. (`POST
     * /webhooks/{webhook_id}/replay`)
     */
    readonly replay: (
      input: Operations['webhooks.replay']['input'],
      options?: CallOptions,
    ) => Promise<Operations['webhooks.replay']['output']>
    /** The items of `webhooks.list` one by one, over all pages. */
    readonly pages: (
      input?: Operations['webhooks.list']['input'],
      options?: CallOptions,
    ) => AsyncIterableIterator<ItemOf<Operations['webhooks.list']['output']>>
  }
}
