// Two users talk, live and by calls over the socket. The address of the server is the argument.
import { ParleyError, createClient } from 'parley-client'

const [, , url] = process.argv
const WebSocket = globalThis.WebSocket ?? (await import('ws')).WebSocket
const person = async name => {
  const client = createClient({ url, WebSocket, calls: 'socket' })
  const username = `${name}-${Math.random().toString(36).slice(2, 10)}`
  await client.auth.register({ username, email: `${username}@example.com`, password: 'a fine long phrase' })
  await client.live.open()
  return client
}
const [ada, bob] = [await person('ada'), await person('bob')]
const heard = new Promise(resolve => bob.live.on('event', frame => frame.event === 'message.created' && resolve(frame)))
const { id: bobs } = await bob.users.me()
const room = await ada.conversations.create({ type: 'direct', participant_ids: [bobs] })
const sent = await ada.outbox.send({ conversation_id: room.id, content: 'Hello Bob' })
const { data } = await heard
const { data: page } = await bob.messages.list({ conversation_id: room.id, limit: 5 })
const file = await ada.files.upload({ file: new Blob(['a small text'], { type: 'text/plain' }) })
const refused = await bob.messages.get({ message_id: '00000000-0000-7000-8000-000000000000' }).catch(error => error)
const code = refused instanceof ParleyError && refused.code
console.log(JSON.stringify([sent.seq, data.content, page.map(({ content }) => content), file.size, code]))
ada.close()
bob.close()
