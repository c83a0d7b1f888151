import { createClient } from 'parley-client'
import { Store } from 'parley-client/store'

const url = new URLSearchParams(location.search).get('server') ?? ''
const client = createClient({ url })
const username = `guest-${Math.random().toString(36).slice(2, 10)}`
await client.auth.register({ username, email: `${username}@example.com`, password: 'a fine long phrase' })
const room = await client.conversations.create({ type: 'group', name: 'Notes', participant_ids: [] })
await client.live.open()
client.live.on('event', frame => {
  if (frame.event === 'message.created') document.body.append(`heard: ${frame.data.content} `)
})
await client.outbox.send({ conversation_id: room.id, content: 'Buy more brass' })
const store = new Store(client)
await store.open()
document.body.append(`stored: ${room.name}`)
