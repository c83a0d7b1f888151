import { createClient, type Conversation } from 'parley-client'
import { Store } from 'parley-client/store'
import { ParleyProvider, useConnection, useInbox, useMessages, useTyping } from 'parley-client/react'
import { createElement, type ReactElement } from 'react'

const store = new Store(createClient({ url: 'http://localhost:3000' }))

function Room({ room }: { room: Conversation }): ReactElement {
  const { items, send, retry } = useMessages(room.id)
  const { user_ids, typed } = useTyping(room.id)
  const rows = items.map(({ key, message, state }) =>
    createElement('li', { key, onClick: () => state === 'failed' && retry(key) }, message.content),
  )
  return createElement('ul', { onKeyDown: typed, onDoubleClick: () => send('Hello') }, ...rows, user_ids.length)
}

function Inbox(): ReactElement {
  const { live } = useConnection()
  const rooms = useInbox().map(room => createElement(Room, { key: room.id, room }))
  return createElement('main', { title: live.state }, ...rooms)
}

// @ts-expect-error a provider needs a store
export const wrong = () => createElement(ParleyProvider, {})
export const app = () => createElement(ParleyProvider, { store }, createElement(Inbox))
