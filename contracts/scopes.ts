/** What keys of the API are allowed by: reading or changing one area. */
const AREAS = [
  'users',
  'conversations',
  'messages',
  'contacts',
  'groups',
  'files',
  'notifications',
  'presence',
  'search',
  'analytics',
  'webhooks',
] as const
type Area = (typeof AREAS)[number]
export type Scope = `${Area}:${'read' | 'write'}`

/** The area of each group of operations. null: no key may call them, because they are about who signs in. */
const AREA_OF: Readonly<Record<string, Area | null>> = {
  auth: null,
  keys: null,
  users: 'users',
  conversations: 'conversations',
  messages: 'messages',
  contacts: 'contacts',
  groups: 'groups',
  invites: 'groups',
  files: 'files',
  uploads: 'files',
  notifications: 'notifications',
  search: 'search',
  analytics: 'analytics',
  webhooks: 'webhooks',
  typing: 'presence',
  presence: 'presence',
}

/** What reads across the areas: the copy of an account has its messages, files and sessions. No key may call it. */
const OF_NO_AREA: ReadonlySet<string> = new Set(['users.export'])

export const SCOPES: readonly Scope[] = AREAS.flatMap(area => [`${area}:read` as const, `${area}:write` as const])

/** The scope that a key needs for an operation; null: no key may call it. */
export function scopeOf(name: string, { method }: { method: string }): Scope | null {
  const area = OF_NO_AREA.has(name) ? null : (AREA_OF[name.split('.')[0] ?? ''] ?? null)
  return area && `${area}:${method === 'GET' || method === 'HEAD' || method === 'OPTIONS' ? 'read' : 'write'}`
}
