import { z } from 'zod'
import { fileId, id, time, timeZone } from './fields.ts'
import { PERMISSIONS } from './permissions.ts'
import { ROLES } from './roles.ts'

/** How many participants and reacting users an entity lists inline. */
export const INLINE_PARTICIPANTS = 100
export const INLINE_REACTORS = 20

export const role = z.enum(ROLES).meta({ id: 'Role', description: 'The global role' })

/** A user as every signed-in user sees it; `email` is present for the user and for an ADMIN only. */
export const User = z
  .object({
    id,
    username: z.string(),
    full_name: z.string().nullable(),
    avatar_file_id: z.string().nullable(),
    role,
    disabled: z.boolean(),
    deleted: z.boolean(),
    email: z.string().optional().meta({ description: 'only for the user and an ADMIN' }),
    external_id: z
      .string()
      .optional()
      .meta({ description: 'the id in the system whose tokens sign the user in; only for the user and an ADMIN' }),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'User' })
export type User = z.infer<typeof User>

/** A user as others see it, also in events. */
export const PublicUser = User.omit({ email: true }).meta({ id: 'PublicUser' })
export type PublicUser = z.infer<typeof PublicUser>

/** A person whom the viewer has added or blocked. */
export const Contact = z
  .object({
    contact_id: id.meta({ description: "the other user's id" }),
    user: PublicUser,
    added_at: time.nullable().meta({ description: 'null: not among the contacts' }),
    blocked_at: time.nullable().meta({ description: 'null: not blocked' }),
  })
  .meta({ id: 'Contact' })
export type Contact = z.infer<typeof Contact>

const timeOfDay = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as 22:30')

/** Local times of the time zone, also where its clock changes. */
const QuietHours = z
  .strictObject({
    days: z
      .array(z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']))
      .min(1)
      .max(7)
      .meta({ description: 'days on which they begin' }),
    from: timeOfDay,
    to: timeOfDay.meta({ description: 'at or before `from`: on the next day' }),
    tz: timeZone,
  })
  .meta({ id: 'QuietHours' })

/** Ranges of quiet hours of one user. */
export const MAX_QUIET_HOURS = 14

/** What a user is notified of. */
export const Preferences = z
  .object({
    level: z.enum(['all', 'mentions', 'none']),
    muted_until: time.nullable(),
    quiet_hours: z.array(QuietHours).max(MAX_QUIET_HOURS),
    preview: z.boolean().meta({ description: 'pushes carry the sender and the text, not only ids' }),
  })
  .meta({ id: 'Preferences' })
export type Preferences = z.infer<typeof Preferences>

export const UnreadTotals = z
  .object({
    unread_count: z.int(),
    mention_count: z.int(),
    unread_conversations: z.int(),
  })
  .meta({ id: 'UnreadTotals', description: 'Sums over all conversations that are neither muted nor archived' })
export type UnreadTotals = z.infer<typeof UnreadTotals>

export const Profile = User.extend({ email: z.string(), unread: UnreadTotals }).meta({ id: 'Profile' })
export type Profile = z.infer<typeof Profile>

export const Session = z
  .object({
    id,
    current: z.boolean().meta({ description: 'whether it is the session of this call' }),
    user_agent: z.string().nullable(),
    address: z.string().nullable(),
    created_at: time,
    last_used_at: time,
    expires_at: time,
  })
  .meta({ id: 'Session' })
export type Session = z.infer<typeof Session>

export const SignedIn = z
  .object({
    user: User,
    access_token: z.string(),
    refresh_token: z
      .string()
      .optional()
      .meta({ description: 'absent if it is in a cookie (`Parley-Refresh: cookie`)' }),
    token_type: z.literal('Bearer'),
    expires_in: z.int().meta({ description: 'seconds until the access token expires' }),
    session_id: id,
  })
  .meta({ id: 'SignedIn' })
export type SignedIn = z.infer<typeof SignedIn>

export const MEMBER_ROLES = ['owner', 'admin', 'member'] as const
export const memberRole = z.enum(MEMBER_ROLES).meta({ id: 'MemberRole', description: 'The role in one conversation' })
export type MemberRole = z.infer<typeof memberRole>

export const Member = z.object({ user_id: id, role: memberRole, joined_at: time }).meta({ id: 'Member' })
export type Member = z.infer<typeof Member>

/** What a user sets instead of what follows from the connections. */
export const OVERRIDES = ['away', 'dnd', 'invisible', 'offline'] as const
export type Override = (typeof OVERRIDES)[number]
const presence = z.enum(['online', ...OVERRIDES])

export const Status = z
  .object({
    user_id: id,
    presence: presence.meta({ description: 'only the user sees `invisible`' }),
    text: z.string().nullable(),
    emoji: z.string().nullable(),
    expires_at: time.nullable().meta({ description: 'when override, text and emoji end' }),
    last_active_at: time.nullable().meta({ description: 'when the user last connected or disconnected' }),
  })
  .meta({ id: 'Status' })
export type Status = z.infer<typeof Status>

export const NOTIFY = ['all', 'mentions', 'none'] as const
export const notify = z.enum(NOTIFY)

/** The caller's own membership and settings. */
export const Me = z
  .object({
    role: memberRole,
    last_read_seq: z.int(),
    unread_count: z.int(),
    mention_count: z.int(),
    muted_until: time.nullable(),
    pinned: z.boolean(),
    archived: z.boolean(),
    notify,
    permissions: z.array(z.enum(PERMISSIONS)).meta({ description: 'names of the operations allowed here' }),
  })
  .meta({ id: 'Me' })
export type Me = z.infer<typeof Me>

export const Reaction = z
  .object({
    emoji: z.string(),
    count: z.int(),
    user_ids: z.array(id).meta({ description: `the first ${INLINE_REACTORS}, in the order they reacted` }),
    me: z.boolean(),
  })
  .meta({ id: 'Reaction' })
export type Reaction = z.infer<typeof Reaction>

export const MESSAGE_TYPES = ['text', 'image', 'file', 'audio', 'video', 'system'] as const

/** What `File` and `Attachment` say of the same file. */
const described = {
  name: z.string().meta({ description: 'text for display only' }),
  content_type: z.string().meta({ description: 'found in the content' }),
  size: z.int().meta({ description: 'bytes' }),
  width: z.int().nullable().meta({ description: 'null unless an image' }),
  height: z.int().nullable(),
  thumbnail: z.boolean().meta({ description: 'whether `?thumbnail=1` gives one' }),
}

export const Attachment = z.object({ file_id: fileId, ...described }).meta({ id: 'Attachment' })
export type Attachment = z.infer<typeof Attachment>

export const File = z.object({ id: fileId, ...described, sha256: z.string(), created_at: time }).meta({ id: 'File' })
export type File = z.infer<typeof File>

export const Message = z
  .object({
    id,
    conversation_id: id,
    seq: z.int(),
    change: z.int().meta({ description: 'the last change of the conversation that touched this message' }),
    sender_id: id,
    client_id: z.string().nullable(),
    type: z.enum(MESSAGE_TYPES),
    content: z.string().nullable(),
    attachments: z.array(Attachment),
    reply_to: id.nullable(),
    mentions: z.array(id),
    metadata: z.record(z.string(), z.json()).nullable(),
    reactions: z.array(Reaction),
    edited_at: time.nullable(),
    deleted_at: time.nullable(),
    created_at: time,
  })
  .meta({ id: 'Message' })
export type Message = z.infer<typeof Message>

export const Version = z
  .object({ content: z.string(), edited_at: time.meta({ description: 'when this version was written' }) })
  .meta({ id: 'Version', description: 'An earlier text of a message' })
export type Version = z.infer<typeof Version>

export const Pin = z.object({ message: Message, user_id: id, at: time }).meta({ id: 'Pin' })
export type Pin = z.infer<typeof Pin>

export const Receipt = z.object({ user_id: id, last_read_seq: z.int(), at: time.nullable() }).meta({ id: 'Receipt' })
export type Receipt = z.infer<typeof Receipt>

export const CONVERSATION_TYPES = ['direct', 'group'] as const

export const VISIBILITIES = ['private', 'public'] as const
export const visibility = z.enum(VISIBILITIES).meta({
  id: 'Visibility',
  description: 'A public group is listed and everyone may join it. A direct conversation is private.',
})
export type Visibility = z.infer<typeof visibility>

export const Conversation = z
  .object({
    id,
    type: z.enum(CONVERSATION_TYPES),
    name: z.string().nullable(),
    topic: z.string().nullable(),
    avatar_file_id: z.string().nullable(),
    visibility,
    created_by: id,
    disabled: z.boolean(),
    last_seq: z.int(),
    last_change: z.int(),
    last_message: Message.nullable(),
    participants: z.array(Member).meta({ description: `the first ${INLINE_PARTICIPANTS}, in the order they joined` }),
    participant_count: z.int(),
    created_at: time,
    updated_at: time.meta({ description: 'when name, topic, avatar, visibility or disabled last changed' }),
    me: Me.nullable().meta({ description: 'null for somebody who is not a member' }),
  })
  .meta({ id: 'Conversation' })
export type Conversation = z.infer<typeof Conversation>

export const EventReaction = Reaction.omit({ me: true }).meta({ id: 'EventReaction' })
export type EventReaction = z.infer<typeof EventReaction>

/** A message in an event: nothing in it depends on the viewer. */
export const EventMessage = Message.extend({ reactions: z.array(EventReaction) }).meta({
  id: 'EventMessage',
})
export type EventMessage = z.infer<typeof EventMessage>

/** A conversation in an event: nothing in it depends on the viewer. */
export const EventConversation = Conversation.omit({ last_message: true, me: true }).meta({ id: 'EventConversation' })
export type EventConversation = z.infer<typeof EventConversation>
