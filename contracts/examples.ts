import { permissionsOf } from './permissions.ts'

/** Values that the examples of several operations share. */
export const ADA = '01939f9a-6c00-7000-8000-00000000ada0'
export const BOB = '01939f9a-6c00-7000-8000-00000000b0b0'
export const ROOM = '01939f9b-1200-7000-8000-0000000000a1'
export const NOTE = '01939f9c-3400-7000-8000-0000000000e1'
export const SESSION = '01939f9a-7000-7000-8000-0000000005e5'
export const AT = '2026-11-24T09:30:00.000Z'

export const ada = {
  id: ADA,
  username: 'ada',
  full_name: 'Ada Lovelace',
  avatar_file_id: null,
  role: 'EDITOR',
  disabled: false,
  deleted: false,
  created_at: AT,
  updated_at: AT,
} as const

export const bob = { ...ada, id: BOB, username: 'bob', full_name: 'Bob Babbage' } as const

export const adaSelf = { ...ada, email: 'ada@example.com' } as const

export const signedIn = {
  user: adaSelf,
  access_token: 'eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9.e30.c2lnbmF0dXJl',
  refresh_token: 'AZOfmnAAcACAAAAAAAAF5QABc2lnbmF0dXJl',
  token_type: 'Bearer',
  expires_in: 900,
  session_id: SESSION,
} as const

export const file = {
  id: '5f3a9c1e-7b42-4d0f-9a6e-2c8d1b7e4f90',
  name: 'engine.png',
  content_type: 'image/png',
  size: 48_213,
  width: 1_200,
  height: 800,
  thumbnail: true,
  sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  created_at: AT,
} as const

export const message = {
  id: NOTE,
  conversation_id: ROOM,
  seq: 1,
  change: 2,
  sender_id: ADA,
  client_id: 'c1',
  type: 'text',
  content: 'Hello Bob',
  attachments: [],
  reply_to: null,
  mentions: [],
  metadata: null,
  reactions: [],
  edited_at: null,
  deleted_at: null,
  created_at: AT,
} as const

export const conversation = {
  id: ROOM,
  type: 'direct',
  name: null,
  topic: null,
  avatar_file_id: null,
  visibility: 'private',
  created_by: ADA,
  disabled: false,
  last_seq: 1,
  last_change: 2,
  last_message: message,
  participants: [
    { user_id: ADA, role: 'member', joined_at: AT },
    { user_id: BOB, role: 'member', joined_at: AT },
  ],
  participant_count: 2,
  created_at: AT,
  updated_at: AT,
  me: {
    role: 'member',
    last_read_seq: 1,
    unread_count: 0,
    mention_count: 0,
    muted_until: null,
    pinned: false,
    archived: false,
    notify: 'all',
    permissions: permissionsOf('EDITOR', 'member', { type: 'direct' }),
  },
} as const

/** A group as its owner sees it. */
export const group = {
  ...conversation,
  type: 'group',
  name: 'Engines',
  visibility: 'public',
  last_seq: 0,
  last_change: 1,
  last_message: null,
  participants: [
    { user_id: ADA, role: 'owner', joined_at: AT },
    { user_id: BOB, role: 'member', joined_at: AT },
  ],
  me: {
    ...conversation.me,
    role: 'owner',
    last_read_seq: 0,
    permissions: permissionsOf('EDITOR', 'owner', { type: 'group' }),
  },
} as const

export function listOf<T extends { id: string }>(item: T) {
  return {
    object: 'list',
    data: [item],
    first_id: item.id,
    last_id: item.id,
    has_more: false,
    next_start: null,
  } as const
}
