// Generated from contracts/ by `bun run docs`. Do not edit.
import type {
  Json,
  List,
  SignedIn,
  User,
  Role,
  Session,
  Ticket,
  Scope,
  CreatedApiKey,
  ApiKey,
  Profile,
  UpsertedUser,
  Export,
  Preferences,
  QuietHours,
  Contact,
  Device,
  StoredFile,
  Visibility,
  Me,
  MemberRole,
  Invite,
  Message,
  Conversation,
  Member,
  Receipt,
  Pin,
  Version,
  MembersAdded,
  InvitePreview,
  FileLink,
  PushJob,
  SearchHit,
  MessageAnalytics,
  UserAnalytics,
  Status,
  Statuses,
  WebhookEventName,
  WebhookWithSecret,
  Webhook,
  WebhookAttempt,
  WebhookDelivery,
} from './entities.ts'

/** Codes that every operation may answer with. */
export type CommonCode = 'internal' | 'malformed' | 'too_large' | 'unavailable' | 'validation_failed'

/** Input, output and error codes of every operation, by its name. */
export interface Operations {
  'auth.register': {
    input: {
      /** unique without regard to case */
      username: string
      email: string
      /** none of the commonly used passwords */
      password: string
      full_name?: string | null | undefined
    }
    output: SignedIn
    codes:
      | CommonCode
      | 'busy'
      | 'email_taken'
      | 'origin_refused'
      | 'rate_limited'
      | 'request_timeout'
      | 'unsupported_media_type'
      | 'username_taken'
  }
  'auth.login': {
    input: { username?: string | undefined; email?: string | undefined; password: string }
    output: SignedIn
    codes:
      | CommonCode
      | 'account_disabled'
      | 'busy'
      | 'invalid_credentials'
      | 'origin_refused'
      | 'rate_limited'
      | 'request_timeout'
      | 'unsupported_media_type'
  }
  'auth.exchange': {
    input: { token: string }
    output: SignedIn
    codes:
      | CommonCode
      | 'account_disabled'
      | 'busy'
      | 'email_taken'
      | 'invalid_user_token'
      | 'last_admin'
      | 'not_found'
      | 'origin_refused'
      | 'request_timeout'
      | 'unsupported_media_type'
  }
  'auth.refresh-token': {
    input: {
      /** absent if the request has it in its cookie (`Parley-Refresh: cookie`) */
      refresh_token?: string | undefined
    }
    output: SignedIn
    codes:
      | CommonCode
      | 'account_disabled'
      | 'invalid_refresh_token'
      | 'origin_refused'
      | 'request_timeout'
      | 'unsupported_media_type'
  }
  'auth.logout': {
    input: {
      /** Default: false */
      all?: boolean | undefined
    }
    output: null
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'origin_refused'
      | 'request_timeout'
      | 'scope_missing'
      | 'unauthenticated'
      | 'unsupported_media_type'
  }
  'auth.sessions': {
    input: {
      /** Default: "desc" */
      sort?: '1' | 'asc' | 'desc' | '-1' | 1 | -1 | undefined
      /** id of the first item, inclusive */
      start?: string | undefined
      /** id at which the list ends, exclusive */
      before?: string | undefined
      /** Default: 20 */
      limit?: number | undefined
    }
    output: List<Session>
    codes: CommonCode | 'act_as_refused' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'auth.revoke-session': {
    input: { session_id: string }
    output: null
    codes: CommonCode | 'act_as_refused' | 'not_found' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'auth.password': {
    input: {
      current_password: string
      /** none of the commonly used passwords */
      new_password: string
    }
    output: null
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'busy'
      | 'invalid_credentials'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'unauthenticated'
      | 'unsupported_media_type'
  }
  'auth.ws-ticket': {
    input: Record<string, never>
    output: Ticket
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'unauthenticated'
      | 'unsupported_media_type'
  }
  'keys.create': {
    input: {
      name: string
      scopes: Scope[]
      user_id?: string | undefined
      /** of the new account, without `user_id`; default USER */
      role?: Role | undefined
      /** whether it may call as other users (`Parley-Act-As`). Default: false */
      act_as?: boolean | undefined
      /** calls per minute; null: as for users */
      rate?: number | null | undefined
      expires_at?: string | null | undefined
    }
    output: CreatedApiKey
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'busy'
      | 'forbidden'
      | 'not_found'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'unauthenticated'
      | 'unsupported_media_type'
  }
  'keys.list': {
    input: {
      /** Default: "asc" */
      sort?: '1' | 'asc' | 'desc' | '-1' | 1 | -1 | undefined
      /** id of the first item, inclusive */
      start?: string | undefined
      /** id at which the list ends, exclusive */
      before?: string | undefined
      /** Default: 20 */
      limit?: number | undefined
    }
    output: List<ApiKey>
    codes: CommonCode | 'act_as_refused' | 'forbidden' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'keys.get': {
    input: { key_id: string }
    output: ApiKey
    codes:
      CommonCode | 'act_as_refused' | 'forbidden' | 'not_found' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'keys.update': {
    input: {
      key_id: string
      name?: string | undefined
      scopes?: Scope[] | undefined
      /** whether it may call as other users (`Parley-Act-As`) */
      act_as?: boolean | undefined
      /** calls per minute; null: as for users */
      rate?: number | null | undefined
    }
    output: ApiKey
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'forbidden'
      | 'not_found'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'unauthenticated'
      | 'unsupported_media_type'
  }
  'keys.rotate': {
    input: {
      key_id: string
      /** Default: 24 */
      overlap_hours?: number | undefined
    }
    output: CreatedApiKey
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'forbidden'
      | 'not_found'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'unauthenticated'
      | 'unsupported_media_type'
  }
  'keys.delete': {
    input: { key_id: string }
    output: null
    codes:
      CommonCode | 'act_as_refused' | 'forbidden' | 'not_found' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'users.me': {
    input: Record<string, never>
    output: Profile
    codes: CommonCode | 'act_as_refused' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'users.list': {
    input: {
      q?: string | undefined
      role?: Role | undefined
      disabled?: boolean | undefined
      /** exactly this one; for an ADMIN */
      external_id?: string | undefined
      /** Default: "asc" */
      sort?: '1' | 'asc' | 'desc' | '-1' | 1 | -1 | undefined
      /** id of the first item, inclusive */
      start?: string | undefined
      /** id at which the list ends, exclusive */
      before?: string | undefined
      /** Default: 20 */
      limit?: number | undefined
    }
    output: List<User>
    codes: CommonCode | 'act_as_refused' | 'forbidden' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'users.create': {
    input: {
      /** unique without regard to case */
      username: string
      email: string
      /** none of the commonly used passwords */
      password: string
      full_name?: string | null | undefined
      role?: Role | undefined
      external_id?: string | undefined
    }
    output: User
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'busy'
      | 'email_taken'
      | 'external_id_taken'
      | 'forbidden'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'unauthenticated'
      | 'unsupported_media_type'
      | 'username_taken'
  }
  'users.upsert': {
    input: {
      users: {
        external_id: string
        full_name?: string | null | undefined
        email?: string | undefined
        /** unique without regard to case */
        username?: string | undefined
        role?: Role | undefined
      }[]
    }
    output: { data: UpsertedUser[] }
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'busy'
      | 'forbidden'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'unauthenticated'
      | 'unsupported_media_type'
  }
  'users.export': {
    input: {
      start?: string | undefined
      /** Default: 20 */
      limit?: number | undefined
    }
    output: Export
    codes: CommonCode | 'act_as_refused' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'users.get': {
    input: { user_id: 'me' | string }
    output: User
    codes: CommonCode | 'act_as_refused' | 'not_found' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'users.update': {
    input: {
      user_id: 'me' | string
      /** unique without regard to case */
      username?: string | undefined
      email?: string | undefined
      full_name?: string | null | undefined
      /** an image of yours, or one that you see */
      avatar_file_id?: string | null | undefined
      role?: Role | undefined
      disabled?: boolean | undefined
      external_id?: string | null | undefined
    }
    output: User
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'busy'
      | 'email_taken'
      | 'external_id_taken'
      | 'forbidden'
      | 'last_admin'
      | 'not_found'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'unauthenticated'
      | 'unsupported_media_type'
      | 'username_taken'
  }
  'users.delete': {
    input: { user_id: 'me' | string; password?: string | undefined }
    output: null
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'busy'
      | 'forbidden'
      | 'invalid_credentials'
      | 'last_admin'
      | 'not_found'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'unauthenticated'
      | 'unsupported_media_type'
  }
  'conversations.create': {
    input: {
      type: 'direct' | 'group'
      name?: string | null | undefined
      topic?: string | null | undefined
      /** a direct conversation is private. Default: "private" */
      visibility?: Visibility | undefined
      /** the other members; exactly one for `direct`. The caller is always a member. */
      participant_ids: string[]
    }
    output: Conversation
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'busy'
      | 'cannot_message_user'
      | 'forbidden'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'unauthenticated'
      | 'unsupported_media_type'
      | 'user_blocked'
  }
  'conversations.list': {
    input: {
      /** `all` is for an ADMIN. Default: "own" */
      scope?: 'own' | 'all' | undefined
      /** Default: "id" */
      order?: 'id' | 'activity' | undefined
      disabled?: boolean | undefined
      /** default: asc by id, desc by activity */
      sort?: '1' | 'asc' | 'desc' | '-1' | 1 | -1 | undefined
      start?: string | undefined
      /** id at which the list ends, exclusive; with order=id only */
      before?: string | undefined
      /** Default: 20 */
      limit?: number | undefined
    }
    output: List<Conversation>
    codes: CommonCode | 'act_as_refused' | 'forbidden' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'conversations.inbox': {
    input: {
      archived?: boolean | undefined
      /** only those with unread messages (true) or without (false) */
      unread?: boolean | undefined
      start?: string | undefined
      /** Default: 20 */
      limit?: number | undefined
      /** Default: "desc" */
      sort?: '1' | 'asc' | 'desc' | '-1' | 1 | -1 | undefined
    }
    output: List<Conversation>
    codes: CommonCode | 'act_as_refused' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'conversations.inbox-entry': {
    input: { conversation_id: string }
    output: Conversation
    codes: CommonCode | 'act_as_refused' | 'not_found' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'conversations.get': {
    input: { conversation_id: string }
    output: Conversation
    codes:
      CommonCode | 'act_as_refused' | 'forbidden' | 'not_found' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'conversations.update': {
    input: {
      conversation_id: string
      name?: string | null | undefined
      topic?: string | null | undefined
      /** an image of yours, or one that you see */
      avatar_file_id?: string | null | undefined
      /** for an owner or an ADMIN */
      visibility?: Visibility | undefined
      /** for an owner or an ADMIN */
      disabled?: boolean | undefined
      /** the whole new list */
      participant_ids?: string[] | undefined
    }
    output: Conversation
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'busy'
      | 'cannot_message_user'
      | 'conversation_disabled'
      | 'forbidden'
      | 'not_found'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'unauthenticated'
      | 'unsupported_media_type'
  }
  'conversations.delete': {
    input: {
      conversation_id: string
      /** Default: true */
      soft_delete?: boolean | undefined
    }
    output: null
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'busy'
      | 'forbidden'
      | 'not_found'
      | 'rate_limited'
      | 'scope_missing'
      | 'unauthenticated'
  }
  'conversations.read': {
    input: { conversation_id: string; seq: number }
    output: Me
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'busy'
      | 'forbidden'
      | 'not_found'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'unauthenticated'
      | 'unsupported_media_type'
  }
  'conversations.unread': {
    input: { conversation_id: string; seq: number }
    output: Me
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'busy'
      | 'forbidden'
      | 'not_found'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'unauthenticated'
      | 'unsupported_media_type'
  }
  'conversations.membership': {
    input: {
      conversation_id: string
      muted_until?: string | null | undefined
      pinned?: boolean | undefined
      archived?: boolean | undefined
      notify?: 'all' | 'mentions' | 'none' | undefined
    }
    output: Me
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'busy'
      | 'forbidden'
      | 'not_found'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'unauthenticated'
      | 'unsupported_media_type'
  }
  'conversations.members': {
    input: {
      conversation_id: string
      /** Default: "asc" */
      sort?: '1' | 'asc' | 'desc' | '-1' | 1 | -1 | undefined
      before?: string | undefined
      /** user id of the first item, inclusive */
      start?: string | undefined
      /** Default: 20 */
      limit?: number | undefined
    }
    output: List<Member>
    codes: CommonCode | 'act_as_refused' | 'not_found' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'conversations.receipts': {
    input: {
      conversation_id: string
      /** Default: "asc" */
      sort?: '1' | 'asc' | 'desc' | '-1' | 1 | -1 | undefined
      before?: string | undefined
      /** user id of the first item, inclusive */
      start?: string | undefined
      /** Default: 20 */
      limit?: number | undefined
    }
    output: List<Receipt>
    codes: CommonCode | 'act_as_refused' | 'not_found' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'messages.send': {
    input: {
      conversation_id: string
      /** not empty unless there are attachments. Default: "" */
      content?: string | undefined
      client_id?: string | undefined
      /** default: that of the first attachment, `text` without one; `system` is 403, only the server sends these */
      type?: 'text' | 'image' | 'file' | 'audio' | 'video' | 'system' | undefined
      /** your files, or ones that you see. Default: [] */
      attachments?: { file_id: string }[] | undefined
      /** a message of the same conversation */
      reply_to?: string | null | undefined
      /** user ids of members. Default: [] */
      mentions?: string[] | undefined
      metadata?: Record<string, Json> | null | undefined
    }
    output: Message
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'busy'
      | 'cannot_message_user'
      | 'client_id_reused'
      | 'conversation_disabled'
      | 'forbidden'
      | 'not_found'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'system_message'
      | 'unauthenticated'
      | 'unsupported_media_type'
      | 'user_blocked'
  }
  'messages.list': {
    input: {
      conversation_id: string
      /** Default: "desc" */
      sort?: '1' | 'asc' | 'desc' | '-1' | 1 | -1 | undefined
      /** id of the first item, inclusive */
      start?: string | undefined
      /** id at which the list ends, exclusive */
      before?: string | undefined
      /** Default: 20 */
      limit?: number | undefined
      around?: string | undefined
    }
    output: List<Message>
    codes: CommonCode | 'act_as_refused' | 'not_found' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'messages.pins': {
    input: {
      conversation_id: string
      start?: string | undefined
      /** Default: 20 */
      limit?: number | undefined
    }
    output: List<Pin>
    codes: CommonCode | 'act_as_refused' | 'not_found' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'messages.get': {
    input: { message_id: string }
    output: Message
    codes: CommonCode | 'act_as_refused' | 'not_found' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'messages.update': {
    input: { message_id: string; content?: string | undefined; metadata?: Record<string, Json> | null | undefined }
    output: Message
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'busy'
      | 'cannot_message_user'
      | 'conversation_disabled'
      | 'forbidden'
      | 'gone'
      | 'not_found'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'system_message'
      | 'unauthenticated'
      | 'unsupported_media_type'
      | 'user_blocked'
  }
  'messages.delete': {
    input: { message_id: string }
    output: null
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'busy'
      | 'conversation_disabled'
      | 'forbidden'
      | 'not_found'
      | 'rate_limited'
      | 'scope_missing'
      | 'system_message'
      | 'unauthenticated'
  }
  'messages.history': {
    input: {
      message_id: string
      /** Default: "asc" */
      sort?: '1' | 'asc' | 'desc' | '-1' | 1 | -1 | undefined
      /** the first item, inclusive */
      start?: string | undefined
      /** where the list ends, exclusive */
      before?: string | undefined
      /** Default: 20 */
      limit?: number | undefined
    }
    output: List<Version>
    codes: CommonCode | 'act_as_refused' | 'not_found' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'messages.react': {
    input: { message_id: string; emoji: string }
    output: Message
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'busy'
      | 'cannot_message_user'
      | 'conversation_disabled'
      | 'forbidden'
      | 'gone'
      | 'not_found'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'system_message'
      | 'too_many_reactions'
      | 'unauthenticated'
      | 'unsupported_media_type'
      | 'user_blocked'
  }
  'messages.unreact': {
    input: { message_id: string; emoji: string }
    output: null
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'busy'
      | 'conversation_disabled'
      | 'forbidden'
      | 'gone'
      | 'not_found'
      | 'rate_limited'
      | 'scope_missing'
      | 'system_message'
      | 'unauthenticated'
  }
  'messages.pin': {
    input: { message_id: string }
    output: Message
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'busy'
      | 'conversation_disabled'
      | 'forbidden'
      | 'gone'
      | 'not_found'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'system_message'
      | 'unauthenticated'
      | 'unsupported_media_type'
  }
  'messages.unpin': {
    input: { message_id: string }
    output: null
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'busy'
      | 'conversation_disabled'
      | 'forbidden'
      | 'not_found'
      | 'rate_limited'
      | 'scope_missing'
      | 'system_message'
      | 'unauthenticated'
  }
  'contacts.add': {
    input: {
      user_id?: string | undefined
      /** unique without regard to case */
      username?: string | undefined
    }
    output: Contact
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'busy'
      | 'not_found'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'unauthenticated'
      | 'unsupported_media_type'
  }
  'contacts.list': {
    input: {
      /** a prefix of username or full name */
      q?: string | undefined
      blocked?: boolean | undefined
      /** Default: "asc" */
      sort?: '1' | 'asc' | 'desc' | '-1' | 1 | -1 | undefined
      /** id of the first item, inclusive */
      start?: string | undefined
      /** id at which the list ends, exclusive */
      before?: string | undefined
      /** Default: 20 */
      limit?: number | undefined
    }
    output: List<Contact>
    codes: CommonCode | 'act_as_refused' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'contacts.remove': {
    input: { contact_id: string }
    output: null
    codes: CommonCode | 'act_as_refused' | 'busy' | 'not_found' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'contacts.block': {
    input: { contact_id: string }
    output: Contact
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'busy'
      | 'not_found'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'unauthenticated'
      | 'unsupported_media_type'
  }
  'contacts.unblock': {
    input: { contact_id: string }
    output: Contact
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'busy'
      | 'not_found'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'unauthenticated'
      | 'unsupported_media_type'
  }
  'groups.create': {
    input: {
      name: string
      topic?: string | null | undefined
      /** Default: "private" */
      visibility?: Visibility | undefined
      /** the other members. The caller is always a member. */
      member_ids: string[]
    }
    output: Conversation
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'busy'
      | 'cannot_message_user'
      | 'forbidden'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'unauthenticated'
      | 'unsupported_media_type'
  }
  'groups.list': {
    input: {
      /** part of the name, without regard to case */
      q?: string | undefined
      /** Default: "asc" */
      sort?: '1' | 'asc' | 'desc' | '-1' | 1 | -1 | undefined
      /** id of the first item, inclusive */
      start?: string | undefined
      /** id at which the list ends, exclusive */
      before?: string | undefined
      /** Default: 20 */
      limit?: number | undefined
    }
    output: List<Conversation>
    codes: CommonCode | 'act_as_refused' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'groups.get': {
    input: { conversation_id: string }
    output: Conversation
    codes: CommonCode | 'act_as_refused' | 'not_found' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'groups.update': {
    input: {
      conversation_id: string
      name?: string | null | undefined
      topic?: string | null | undefined
      /** an image of yours, or one that you see */
      avatar_file_id?: string | null | undefined
      /** for an owner or an ADMIN */
      visibility?: Visibility | undefined
      /** for an owner or an ADMIN */
      disabled?: boolean | undefined
      /** the whole new list */
      participant_ids?: string[] | undefined
    }
    output: Conversation
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'busy'
      | 'cannot_message_user'
      | 'conversation_disabled'
      | 'forbidden'
      | 'not_found'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'unauthenticated'
      | 'unsupported_media_type'
  }
  'groups.delete': {
    input: {
      conversation_id: string
      /** Default: true */
      soft_delete?: boolean | undefined
    }
    output: null
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'busy'
      | 'forbidden'
      | 'not_found'
      | 'rate_limited'
      | 'scope_missing'
      | 'unauthenticated'
  }
  'groups.join': {
    input: { conversation_id: string }
    output: Conversation
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'busy'
      | 'conversation_disabled'
      | 'forbidden'
      | 'not_found'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'unauthenticated'
      | 'unsupported_media_type'
  }
  'groups.add-members': {
    input: {
      conversation_id: string
      user_ids: string[]
      /** Default: "member" */
      role?: MemberRole | undefined
    }
    output: MembersAdded
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'busy'
      | 'conversation_disabled'
      | 'forbidden'
      | 'not_found'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'unauthenticated'
      | 'unsupported_media_type'
  }
  'groups.update-member': {
    input: { conversation_id: string; user_id: 'me' | string; role: MemberRole }
    output: Member
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'busy'
      | 'conversation_disabled'
      | 'forbidden'
      | 'last_owner'
      | 'not_found'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'unauthenticated'
      | 'unsupported_media_type'
  }
  'groups.remove-member': {
    input: { conversation_id: string; user_id: 'me' | string }
    output: null
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'busy'
      | 'conversation_disabled'
      | 'forbidden'
      | 'not_found'
      | 'rate_limited'
      | 'scope_missing'
      | 'unauthenticated'
  }
  'invites.create': {
    input: {
      conversation_id: string
      /** seconds; default: never */
      expires_in?: number | null | undefined
      /** default: no limit */
      max_uses?: number | null | undefined
    }
    output: Invite
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'conversation_disabled'
      | 'forbidden'
      | 'not_found'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'unauthenticated'
      | 'unsupported_media_type'
  }
  'invites.list': {
    input: {
      conversation_id: string
      start?: string | undefined
      /** Default: 20 */
      limit?: number | undefined
      /** Default: "desc" */
      sort?: '1' | 'asc' | 'desc' | '-1' | 1 | -1 | undefined
    }
    output: List<Invite>
    codes:
      CommonCode | 'act_as_refused' | 'forbidden' | 'not_found' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'invites.revoke': {
    input: { conversation_id: string; code: string }
    output: null
    codes:
      CommonCode | 'act_as_refused' | 'forbidden' | 'not_found' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'invites.preview': {
    input: { code: string }
    output: InvitePreview
    codes: CommonCode | 'act_as_refused' | 'gone' | 'not_found' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'invites.join': {
    input: { code: string }
    output: Conversation
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'busy'
      | 'conversation_disabled'
      | 'gone'
      | 'not_found'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'unauthenticated'
      | 'unsupported_media_type'
  }
  'files.upload': {
    input: {
      /** where the file is to be sent */
      conversation_id?: string | undefined
      file: Blob
    }
    output: StoredFile
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'conversation_disabled'
      | 'forbidden'
      | 'not_found'
      | 'quota_exceeded'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'unauthenticated'
      | 'unsupported_media_type'
  }
  'files.get': {
    input: {
      file_id: string
      /** the bytes */
      download?: '0' | '1' | 'true' | 'false' | 1 | 0 | boolean | undefined
      /** the bytes of a picture of at most 512 × 512 pixels */
      thumbnail?: '0' | '1' | 'true' | 'false' | 1 | 0 | boolean | undefined
    }
    output: StoredFile
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'not_found'
      | 'range_not_satisfiable'
      | 'rate_limited'
      | 'scope_missing'
      | 'unauthenticated'
  }
  'files.link': {
    input: { file_id: string }
    output: FileLink
    codes: CommonCode | 'act_as_refused' | 'not_found' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'files.content': {
    input: {
      file_id: string
      /** of `files.link` */
      link: string
      /** the bytes of a picture of at most 512 × 512 pixels */
      thumbnail?: '0' | '1' | 'true' | 'false' | 1 | 0 | boolean | undefined
    }
    output: null
    codes: CommonCode | 'not_found' | 'range_not_satisfiable' | 'unauthenticated'
  }
  'files.delete': {
    input: { file_id: string }
    output: null
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'file_in_use'
      | 'forbidden'
      | 'not_found'
      | 'rate_limited'
      | 'scope_missing'
      | 'unauthenticated'
  }
  'notifications.register-device': {
    input: {
      platform: 'web' | 'fcm' | 'apns'
      /** of `fcm` and `apns` */
      token?: string | undefined
      /** of `web`: what `PushSubscription.toJSON()` gives */
      subscription?:
        | {
            endpoint: string
            /** not used */
            expirationTime?: number | null | undefined
            keys: { p256dh: string; auth: string }
          }
        | undefined
      /** an id of the installation, of the client’s choice */
      device_id?: string | undefined
    }
    output: Device
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'unauthenticated'
      | 'unsupported_media_type'
  }
  'notifications.devices': {
    input: {
      /** Default: "asc" */
      sort?: '1' | 'asc' | 'desc' | '-1' | 1 | -1 | undefined
      /** id of the first item, inclusive */
      start?: string | undefined
      /** id at which the list ends, exclusive */
      before?: string | undefined
      /** Default: 20 */
      limit?: number | undefined
    }
    output: List<Device>
    codes: CommonCode | 'act_as_refused' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'notifications.delete-device': {
    input: { id: string }
    output: null
    codes: CommonCode | 'act_as_refused' | 'not_found' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'notifications.preferences': {
    input: Record<string, never>
    output: Preferences
    codes: CommonCode | 'act_as_refused' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'notifications.update-preferences': {
    input: {
      level?: 'all' | 'mentions' | 'none' | undefined
      muted_until?: string | null | undefined
      quiet_hours?: QuietHours[] | null | undefined
      preview?: boolean | undefined
    }
    output: Preferences
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'busy'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'unauthenticated'
      | 'unsupported_media_type'
  }
  'notifications.vapid-public-key': {
    input: Record<string, never>
    output: {
      /** the `applicationServerKey`, base64url */
      public_key: string
    }
    codes: CommonCode | 'act_as_refused' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'notifications.send': {
    input: {
      user_ids?: string[] | undefined
      conversation_id?: string | undefined
      all?: true | undefined
      title: string
      body: string
      /** for the app; `type` and `job_id` are set by the server */
      data?: Record<string, string> | undefined
    }
    output: {
      job_id: string
      /** users with a device that it goes to */
      accepted: number
      /** users without a device, or who are not to be disturbed */
      skipped: number
    }
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'forbidden'
      | 'not_found'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'unauthenticated'
      | 'unsupported_media_type'
  }
  'notifications.job': {
    input: { job_id: string }
    output: PushJob
    codes:
      CommonCode | 'act_as_refused' | 'forbidden' | 'not_found' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'search.messages': {
    input: {
      q?: string | undefined
      conversation_id?: string | undefined
      sender_id?: string | undefined
      type?: 'text' | 'image' | 'file' | 'audio' | 'video' | undefined
      has?: 'file' | undefined
      /** first time of creation, inclusive */
      from?: string | undefined
      /** last time of creation, exclusive */
      to?: string | undefined
      /** Default: "relevance" */
      sort?: 'relevance' | 'recent' | undefined
      start?: string | undefined
      /** Default: 20 */
      limit?: number | undefined
    }
    output: List<SearchHit>
    codes: CommonCode | 'act_as_refused' | 'not_found' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'analytics.messages': {
    input: {
      /** moved back to the begin of its bucket; default: 30 buckets */
      from?: string | undefined
      /** exclusive, moved on to the end of its bucket; default: now */
      to?: string | undefined
      /** Default: "day" */
      interval?: 'hour' | 'day' | 'week' | 'month' | undefined
      /** IANA name of the time zone in which days, weeks and months begin. Default: "UTC" */
      tz?: string | undefined
      conversation_id?: string | undefined
      user_id?: string | undefined
    }
    output: MessageAnalytics
    codes: CommonCode | 'act_as_refused' | 'forbidden' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'analytics.users': {
    input: {
      /** moved back to the begin of its bucket; default: 30 buckets */
      from?: string | undefined
      /** exclusive, moved on to the end of its bucket; default: now */
      to?: string | undefined
      /** Default: "day" */
      interval?: 'hour' | 'day' | 'week' | 'month' | undefined
      /** IANA name of the time zone in which days, weeks and months begin. Default: "UTC" */
      tz?: string | undefined
    }
    output: UserAnalytics
    codes: CommonCode | 'act_as_refused' | 'forbidden' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'typing.start': {
    input: { conversation_id: string }
    output: null
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'busy'
      | 'conversation_disabled'
      | 'forbidden'
      | 'not_found'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'unauthenticated'
      | 'unsupported_media_type'
  }
  'typing.stop': {
    input: { conversation_id: string }
    output: null
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'busy'
      | 'forbidden'
      | 'not_found'
      | 'rate_limited'
      | 'scope_missing'
      | 'unauthenticated'
  }
  'presence.set-status': {
    input: {
      user_id: 'me' | string
      presence?: 'online' | 'away' | 'dnd' | 'invisible' | 'offline' | undefined
      text?: string | null | undefined
      emoji?: string | null | undefined
      expires_at?: string | null | undefined
    }
    output: Status
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'forbidden'
      | 'not_found'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'unauthenticated'
      | 'unsupported_media_type'
  }
  'presence.status': {
    input: { user_id: 'me' | string }
    output: Status
    codes: CommonCode | 'act_as_refused' | 'not_found' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'presence.list': {
    input: {
      /** at most 100 user ids, separated by commas */
      ids: string
    }
    output: Statuses
    codes: CommonCode | 'act_as_refused' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'presence.subscribe': {
    input: { user_ids: string[] }
    output: Statuses
    codes: CommonCode | 'act_as_refused' | 'busy' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'uploads.options': {
    input: Record<string, never>
    output: null
    codes: CommonCode | 'rate_limited'
  }
  'uploads.create': {
    input: { body: Blob }
    output: null
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'busy'
      | 'not_found'
      | 'quota_exceeded'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'too_many_uploads'
      | 'tus_version'
      | 'unauthenticated'
      | 'unsupported_media_type'
      | 'wrong_offset'
  }
  'uploads.status': {
    input: {
      /** becomes the id of the file */
      upload_id: string
    }
    output: null
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'busy'
      | 'not_found'
      | 'rate_limited'
      | 'scope_missing'
      | 'tus_version'
      | 'unauthenticated'
  }
  'uploads.append': {
    input: {
      /** becomes the id of the file */
      upload_id: string
      body: Blob
    }
    output: null
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'busy'
      | 'not_found'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'tus_version'
      | 'unauthenticated'
      | 'unsupported_media_type'
      | 'wrong_offset'
  }
  'uploads.terminate': {
    input: {
      /** becomes the id of the file */
      upload_id: string
    }
    output: null
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'busy'
      | 'not_found'
      | 'rate_limited'
      | 'scope_missing'
      | 'tus_version'
      | 'unauthenticated'
  }
  'webhooks.create': {
    input: {
      /** https, with a public host, unless the server exempts it */
      url: string
      events?: WebhookEventName[] | null | undefined
      conversation_id?: string | null | undefined
      /** Default: "" */
      description?: string | undefined
    }
    output: WebhookWithSecret
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'forbidden'
      | 'not_found'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'unauthenticated'
      | 'unsupported_media_type'
  }
  'webhooks.list': {
    input: {
      /** Default: "asc" */
      sort?: '1' | 'asc' | 'desc' | '-1' | 1 | -1 | undefined
      /** id of the first item, inclusive */
      start?: string | undefined
      /** id at which the list ends, exclusive */
      before?: string | undefined
      /** Default: 20 */
      limit?: number | undefined
    }
    output: List<Webhook>
    codes: CommonCode | 'act_as_refused' | 'forbidden' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'webhooks.get': {
    input: { webhook_id: string }
    output: Webhook
    codes:
      CommonCode | 'act_as_refused' | 'forbidden' | 'not_found' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'webhooks.update': {
    input: {
      webhook_id: string
      /** https, with a public host, unless the server exempts it */
      url?: string | undefined
      events?: WebhookEventName[] | null | undefined
      conversation_id?: string | null | undefined
      description?: string | undefined
      enabled?: boolean | undefined
      /** drops what waits, and begins with what is committed from now on. Default: false */
      skip_missed?: boolean | undefined
    }
    output: Webhook
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'forbidden'
      | 'not_found'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'unauthenticated'
      | 'unsupported_media_type'
  }
  'webhooks.delete': {
    input: { webhook_id: string }
    output: null
    codes:
      CommonCode | 'act_as_refused' | 'forbidden' | 'not_found' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'webhooks.rotate': {
    input: {
      webhook_id: string
      /** Default: 24 */
      overlap_hours?: number | undefined
    }
    output: WebhookWithSecret
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'forbidden'
      | 'not_found'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'unauthenticated'
      | 'unsupported_media_type'
  }
  'webhooks.test': {
    input: { webhook_id: string }
    output: WebhookAttempt
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'forbidden'
      | 'not_found'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'unauthenticated'
      | 'unsupported_media_type'
  }
  'webhooks.deliveries': {
    input: {
      webhook_id: string
      /** Default: "desc" */
      sort?: '1' | 'asc' | 'desc' | '-1' | 1 | -1 | undefined
      /** id of the first item, inclusive */
      start?: string | undefined
      /** id at which the list ends, exclusive */
      before?: string | undefined
      /** Default: 20 */
      limit?: number | undefined
      /**
       * `waiting`: to be tried, or tried again. `failed`: given up. `dropped`: its conversation was purged before it
       * was sent.
       */
      status?: 'waiting' | 'delivered' | 'failed' | 'dropped' | undefined
    }
    output: List<WebhookDelivery>
    codes:
      CommonCode | 'act_as_refused' | 'forbidden' | 'not_found' | 'rate_limited' | 'scope_missing' | 'unauthenticated'
  }
  'webhooks.replay': {
    input: {
      webhook_id: string
      delivery_id?: string | undefined
      since?: string | undefined
      until?: string | undefined
      status?: 'delivered' | 'failed' | undefined
    }
    output: { replayed: number }
    codes:
      | CommonCode
      | 'act_as_refused'
      | 'forbidden'
      | 'not_found'
      | 'rate_limited'
      | 'request_timeout'
      | 'scope_missing'
      | 'unauthenticated'
      | 'unsupported_media_type'
  }
}
