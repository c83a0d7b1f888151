import type { Storage } from '../../ports/storage.ts'

/** Most people who are told at once that somebody's profile changed; the others see it when they fetch it next. */
const MAX_TOLD = 5_000

/** The user and everybody who shares a conversation, the first ones of large groups only. */
export async function profileAudience(storage: Pick<Storage, 'members'>, user_id: string): Promise<string[]> {
  const told = new Set([user_id])
  for (const { conversation } of await storage.members.ofUser(user_id)) {
    const members = await storage.members.first(conversation.id, MAX_TOLD - told.size)
    for (const member of members) told.add(member.user_id)
    if (told.size >= MAX_TOLD) break
  }
  return [...told]
}
