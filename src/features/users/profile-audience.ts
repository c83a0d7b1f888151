import type { Storage } from '../../ports/storage.ts'

/** Users that one `user.updated` is sent to; others see the change when they fetch the profile. */
const MAX_AUDIENCE = 5_000

/** The user and the users who share a conversation with them, up to `MAX_AUDIENCE`. */
export async function profileAudience(storage: Pick<Storage, 'members'>, user_id: string): Promise<string[]> {
  const audience = new Set([user_id])
  for (const { conversation } of await storage.members.ofUser(user_id)) {
    const members = await storage.members.first(conversation.id, MAX_AUDIENCE - audience.size)
    for (const member of members) audience.add(member.user_id)
    if (audience.size >= MAX_AUDIENCE) break
  }
  return [...audience]
}
