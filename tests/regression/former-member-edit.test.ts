import { expect, test } from 'bun:test'
import { groupOf, refused, register, say, withRole } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'

const server = sharedServer()

test('An ADMIN who has left a group deletes own messages there but does not edit them.', async () => {
  const [ada, admin] = [await register(server, 'ada'), await withRole(server, 'ADMIN')]
  const { id: room } = await groupOf(ada, [admin])
  const { id } = await say(admin, room, 'before leaving')
  await admin.client.groups.removeMember({ conversation_id: room, user_id: 'me' })
  await refused(admin.client.messages.update({ message_id: id, content: 'after leaving' }), 'forbidden')
  expect(await ada.client.messages.get({ message_id: id })).toMatchObject({ content: 'before leaving' })
  await admin.client.messages.delete({ message_id: id })
  expect(await ada.client.messages.get({ message_id: id })).toMatchObject({ content: null })
})
