import type { UserRecord } from '../../src/domain/records.ts'
import type { TestServer } from './server.ts'

/** Adds users to a group until it has this many members. Their accounts have no password, so that nothing is hashed. */
export async function fillRoom(
  server: Pick<TestServer, 'running'>,
  owner_id: string,
  conversation_id: string,
  count: number,
): Promise<void> {
  const { storage } = server.running
  const owner = await storage.users.find(owner_id)
  const conversation = await storage.conversations.find(conversation_id)
  if (!owner || !conversation) throw new Error('there is no such room')
  const members: { user_id: string; role: 'member' }[] = []
  for (let index = conversation.participant_count; index < count; index += 1) {
    const id = Bun.randomUUIDv7()
    const username = `extra-${id}`.slice(0, 32)
    const user: UserRecord = { ...owner, id, username, email: `${id}@example.com`, role: 'EDITOR' }
    await storage.users.create(user)
    members.push({ user_id: id, role: 'member' })
  }
  await storage.log.appendTo(conversation_id, [{ event: 'member.added', actor_id: owner_id, members }], {})
}
