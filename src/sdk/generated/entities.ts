// Generated from contracts/ by `bun run docs`. Do not edit.

/** Any JSON value. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/** The answer of every list. */
export interface List<T> {
  object: 'list'
  data: T[]
  first_id: string | null
  last_id: string | null
  has_more: boolean
  /** The `start` of the next page; null at the end. */
  next_start: string | null
}
export interface ApiKey {
  id: string
  name: string
  /** the account that it calls as */
  user_id: string
  scopes: Scope[]
  /** whether it may call as other users (`Parley-Act-As`) */
  act_as: boolean
  /** calls per minute; null: as for users */
  rate: number | null
  created_by: string
  created_at: string
  expires_at: string | null
  /** at most a minute behind */
  last_used_at: string | null
}
export interface Attachment {
  file_id: string
  /** text for display only */
  name: string
  /** found in the content */
  content_type: string
  /** bytes */
  size: number
  /** null unless an image */
  width: number | null
  height: number | null
  /** whether `?thumbnail=1` gives one */
  thumbnail: boolean
}
export interface Contact {
  /** the other user's id */
  contact_id: string
  user: PublicUser
  /** null: not among the contacts */
  added_at: string | null
  /** null: not blocked */
  blocked_at: string | null
}
export interface Conversation {
  id: string
  type: 'direct' | 'group'
  name: string | null
  topic: string | null
  avatar_file_id: string | null
  visibility: Visibility
  created_by: string
  disabled: boolean
  last_seq: number
  last_change: number
  last_message: Message | null
  /** the first 100, in the order they joined */
  participants: Member[]
  participant_count: number
  created_at: string
  /** when name, topic, avatar, visibility or disabled last changed */
  updated_at: string
  /** null for somebody who is not a member */
  me: Me | null
}
export interface CreatedApiKey {
  id: string
  name: string
  /** the account that it calls as */
  user_id: string
  scopes: Scope[]
  /** whether it may call as other users (`Parley-Act-As`) */
  act_as: boolean
  /** calls per minute; null: as for users */
  rate: number | null
  created_by: string
  created_at: string
  expires_at: string | null
  /** at most a minute behind */
  last_used_at: string | null
  /** the secret, sent as a bearer token; it is shown only here */
  key: string
}
export interface Device {
  id: string
  platform: 'web' | 'fcm' | 'apns'
  /** the id that the client gave */
  device_id: string | null
  created_at: string
  /** when it was last registered */
  last_used_at: string
}
export interface EventConversation {
  id: string
  type: 'direct' | 'group'
  name: string | null
  topic: string | null
  avatar_file_id: string | null
  visibility: Visibility
  created_by: string
  disabled: boolean
  last_seq: number
  last_change: number
  /** the first 100, in the order they joined */
  participants: Member[]
  participant_count: number
  created_at: string
  /** when name, topic, avatar, visibility or disabled last changed */
  updated_at: string
}
export interface EventMessage {
  id: string
  conversation_id: string
  seq: number
  /** the last change of the conversation that touched this message */
  change: number
  sender_id: string
  client_id: string | null
  type: 'text' | 'image' | 'file' | 'audio' | 'video' | 'system'
  content: string | null
  attachments: Attachment[]
  reply_to: string | null
  mentions: string[]
  metadata: Record<string, Json> | null
  reactions: EventReaction[]
  edited_at: string | null
  deleted_at: string | null
  created_at: string
}
export interface EventReaction {
  emoji: string
  count: number
  /** the first 20, in the order they reacted */
  user_ids: string[]
}
export interface Export {
  user: User
  preferences: Preferences
  status: {
    presence: 'away' | 'dnd' | 'invisible' | 'offline' | null
    text: string | null
    emoji: string | null
    /** when override, text and emoji end */
    expires_at: string | null
    /** when the user last connected or disconnected */
    last_active_at: string | null
  }
  sessions: Session[]
  contacts: Contact[]
  devices: Device[]
  /** what you uploaded; their bytes are at `GET /files/{file_id}` */
  files: StoredFile[]
  conversations: Omit<Conversation, 'last_message' | 'participants'>[]
  invites: Invite[]
  messages: List<Message>
}
/** Paths on this server, to be resolved against its URL */
export interface FileLink {
  url: string
  /** null: it has no thumbnail */
  thumbnail_url: string | null
  expires_at: string
}
/** A range of the message's content, in UTF-16 units */
export interface Highlight {
  start: number
  length: number
}
export interface Invite {
  /** 128 random bits; who has it can join */
  code: string
  conversation_id: string
  created_by: string
  /** null: never */
  expires_at: string | null
  /** null: no limit */
  max_uses: number | null
  /** how often somebody has joined by it */
  uses: number
  created_at: string
}
export interface InvitePreview {
  name: string | null
  topic: string | null
  participant_count: number
}
export interface Me {
  role: MemberRole
  last_read_seq: number
  unread_count: number
  mention_count: number
  muted_until: string | null
  pinned: boolean
  archived: boolean
  notify: 'all' | 'mentions' | 'none'
  /** names of the operations allowed here */
  permissions: (
    | 'messages.send'
    | 'messages.react'
    | 'messages.unreact'
    | 'messages.delete'
    | 'messages.pin'
    | 'messages.unpin'
    | 'groups.add-members'
    | 'groups.remove-member'
    | 'invites.create'
    | 'invites.list'
    | 'invites.revoke'
    | 'conversations.update'
    | 'groups.update'
    | 'groups.update-member'
    | 'conversations.delete'
    | 'groups.delete'
  )[]
}
export interface Member {
  user_id: string
  role: MemberRole
  joined_at: string
}
/** The role in one conversation */
export type MemberRole = 'owner' | 'admin' | 'member'
/** `skipped`: unknown, disabled or deleted users, and those who have blocked the caller */
export interface MembersAdded {
  added: string[]
  already_members: string[]
  skipped: string[]
}
export interface Message {
  id: string
  conversation_id: string
  seq: number
  /** the last change of the conversation that touched this message */
  change: number
  sender_id: string
  client_id: string | null
  type: 'text' | 'image' | 'file' | 'audio' | 'video' | 'system'
  content: string | null
  attachments: Attachment[]
  reply_to: string | null
  mentions: string[]
  metadata: Record<string, Json> | null
  reactions: Reaction[]
  edited_at: string | null
  deleted_at: string | null
  created_at: string
}
export interface MessageAnalytics {
  from: string
  to: string
  interval: 'hour' | 'day' | 'week' | 'month'
  tz: string
  total: number
  /** every bucket, also those without messages */
  series: { at: string; count: number }[]
  by_type: Record<string, number>
  top_conversations: { conversation_id: string; name: string | null; count: number }[]
  top_senders: { user_id: string; full_name: string | null; count: number }[]
}
export interface Pin {
  message: Message
  user_id: string
  at: string
}
export interface Preferences {
  level: 'all' | 'mentions' | 'none'
  muted_until: string | null
  quiet_hours: QuietHours[]
  /** pushes carry the sender and the text, not only ids */
  preview: boolean
}
export interface Profile {
  id: string
  username: string
  full_name: string | null
  avatar_file_id: string | null
  role: Role
  disabled: boolean
  deleted: boolean
  email: string
  /** the id in the system whose tokens sign the user in; only for the user and an ADMIN */
  external_id?: string | undefined
  created_at: string
  updated_at: string
  unread: UnreadTotals
}
export interface PublicUser {
  id: string
  username: string
  full_name: string | null
  avatar_file_id: string | null
  role: Role
  disabled: boolean
  deleted: boolean
  /** the id in the system whose tokens sign the user in; only for the user and an ADMIN */
  external_id?: string | undefined
  created_at: string
  updated_at: string
}
export interface PushJob {
  job_id: string
  status: 'running' | 'done'
  title: string
  /** users with a device that it goes to */
  accepted: number
  /** users without a device, or who are not to be disturbed */
  skipped: number
  /** devices whose push service has taken it */
  delivered: number
  /** devices that could not be reached */
  failed: number
  created_at: string
}
export interface QuietHours {
  /** days on which they begin */
  days: ('mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun')[]
  from: string
  /** at or before `from`: on the next day */
  to: string
  tz: string
}
export interface Reaction {
  emoji: string
  count: number
  /** the first 20, in the order they reacted */
  user_ids: string[]
  me: boolean
}
export interface Receipt {
  user_id: string
  last_read_seq: number
  at: string | null
}
/** The global role */
export type Role = 'ADMIN' | 'EDITOR' | 'USER'
/** Reading or changing one area of the API */
export type Scope =
  | 'users:read'
  | 'users:write'
  | 'conversations:read'
  | 'conversations:write'
  | 'messages:read'
  | 'messages:write'
  | 'contacts:read'
  | 'contacts:write'
  | 'groups:read'
  | 'groups:write'
  | 'files:read'
  | 'files:write'
  | 'notifications:read'
  | 'notifications:write'
  | 'presence:read'
  | 'presence:write'
  | 'search:read'
  | 'search:write'
  | 'analytics:read'
  | 'analytics:write'
  | 'webhooks:read'
  | 'webhooks:write'
export interface SearchHit {
  message: Message
  /** in order, without overlaps, at most 100 */
  highlights: Highlight[]
  conversation: { id: string; type: 'direct' | 'group'; name: string | null }
}
export interface Session {
  id: string
  /** whether it is the session of this call */
  current: boolean
  user_agent: string | null
  address: string | null
  created_at: string
  last_used_at: string
  expires_at: string
}
export interface SignedIn {
  user: User
  access_token: string
  /** absent if it is in a cookie (`Parley-Refresh: cookie`) */
  refresh_token?: string | undefined
  token_type: 'Bearer'
  /** seconds until the access token expires */
  expires_in: number
  session_id: string
}
export interface Status {
  user_id: string
  /** only the user sees `invisible` */
  presence: 'online' | 'away' | 'dnd' | 'invisible' | 'offline'
  text: string | null
  emoji: string | null
  /** when override, text and emoji end */
  expires_at: string | null
  /** when the user last connected or disconnected */
  last_active_at: string | null
}
export interface Statuses {
  data: Status[]
}
export interface StoredFile {
  id: string
  /** text for display only */
  name: string
  /** found in the content */
  content_type: string
  /** bytes */
  size: number
  /** null unless an image */
  width: number | null
  height: number | null
  /** whether `?thumbnail=1` gives one */
  thumbnail: boolean
  sha256: string
  created_at: string
}
export interface Ticket {
  ticket: string
  expires_in: number
}
/** Sums over all conversations that are neither muted nor archived */
export interface UnreadTotals {
  unread_count: number
  mention_count: number
  unread_conversations: number
}
export interface UpsertedUser {
  external_id: string
  result: 'created' | 'updated' | 'unchanged' | 'failed'
  /** null: it failed */
  user: User | null
  /** why it failed: a code of the table of errors */
  error: 'forbidden' | 'email_taken' | 'last_admin' | 'busy' | null
}
export interface User {
  id: string
  username: string
  full_name: string | null
  avatar_file_id: string | null
  role: Role
  disabled: boolean
  deleted: boolean
  /** only for the user and an ADMIN */
  email?: string | undefined
  /** the id in the system whose tokens sign the user in; only for the user and an ADMIN */
  external_id?: string | undefined
  created_at: string
  updated_at: string
}
export interface UserAnalytics {
  from: string
  to: string
  interval: 'hour' | 'day' | 'week' | 'month'
  tz: string
  /** accounts at the end of the span */
  total: number
  /** accounts that were created in the span */
  new: number
  /** users who sent a message in the last 1, 7 and 30 local days up to the end of the span, or today */
  active: { day: number; week: number; month: number }
  online_now: number
  series: { at: string; new: number; active: number }[]
  /** by week of the account’s creation: how many sent a message in that week and each later one */
  retention: { cohort: string; size: number; weeks: number[] }[]
}
/** An earlier text of a message */
export interface Version {
  content: string
  /** when this version was written */
  edited_at: string
}
/** A public group is listed and everyone may join it. A direct conversation is private. */
export type Visibility = 'private' | 'public'
export interface Webhook {
  id: string
  url: string
  /** null: all of them */
  events: WebhookEventName[] | null
  /** null: of all conversations */
  conversation_id: string | null
  description: string
  enabled: boolean
  /** why the server has disabled it: it answered 410, or nothing succeeded for two days */
  disabled_reason: 'gone' | 'failing' | null
  /** null: the last attempt succeeded, or there was none */
  failing_since: string | null
  /** deliveries that wait for an attempt */
  waiting: number
  created_by: string
  created_at: string
  updated_at: string
}
export interface WebhookAttempt {
  delivered: boolean
  /** of the answer; null: none came */
  status_code: number | null
  /** what failed; null: nothing */
  error: string | null
  duration_ms: number | null
}
export interface WebhookDelivery {
  /** the `webhook-id` of every attempt */
  id: string
  webhook_id: string
  event: WebhookEventName
  conversation_id: string
  change: number
  /**
   * `waiting`: to be tried, or tried again. `failed`: given up. `dropped`: its conversation was purged before it
   * was sent.
   */
  status: 'waiting' | 'delivered' | 'failed' | 'dropped'
  attempts: number
  attempted_at: string | null
  /** of the answer; null: none came */
  status_code: number | null
  /** what failed; null: nothing */
  error: string | null
  duration_ms: number | null
  /** null: no further one */
  next_attempt_at: string | null
  created_at: string
}
/** An event of a conversation */
export type WebhookEventName =
  | 'conversation.created'
  | 'conversation.updated'
  | 'conversation.deleted'
  | 'member.added'
  | 'member.updated'
  | 'member.removed'
  | 'message.created'
  | 'message.updated'
  | 'message.deleted'
  | 'message.reacted'
  | 'message.pinned'
  | 'message.unpinned'
export interface WebhookWithSecret {
  id: string
  url: string
  /** null: all of them */
  events: WebhookEventName[] | null
  /** null: of all conversations */
  conversation_id: string | null
  description: string
  enabled: boolean
  /** why the server has disabled it: it answered 410, or nothing succeeded for two days */
  disabled_reason: 'gone' | 'failing' | null
  /** null: the last attempt succeeded, or there was none */
  failing_since: string | null
  /** deliveries that wait for an attempt */
  waiting: number
  created_by: string
  created_at: string
  updated_at: string
  /** verifies the signatures (`whsec_…`); it is shown only here */
  secret: string
}
