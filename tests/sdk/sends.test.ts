import { expect, test } from 'bun:test'
import type { Item, Store } from '../../src/sdk/store/index.ts'
import { groupOf, register, say } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { until } from '../support/until.ts'
import { reading } from './reading.ts'

const server = sharedServer()

async function writing() {
  const ada = await register(server, 'ada')
  const { id: room } = await groupOf(ada, [])
  await say(ada, room, 'before')
  const reader = await reading(ada, server.url)
  const view = reader.store.messages(room)
  view.subscribe(() => undefined)
  await until(() => view.get().items.length === 1, 'the history is loaded')
  return { ...reader, ada, room, items: () => view.get().items }
}

const shown = (items: readonly Item[]) => items.map(({ message, state }) => [message.content, state])
const last = (items: readonly Item[]) => items.at(-1)

test('a message is shown at once, under one key until it is stored and then, and its draft is gone', async () => {
  await using writer = await writing()
  const { store, room, items } = writer
  store.setDraft(room, { content: 'hello' })
  const client_id = store.send({ conversation_id: room, content: 'hello', mentions: [] })
  expect(store.draft(room).get()).toBeNull()
  expect(shown(items())).toEqual([
    ['before', 'stored'],
    ['hello', 'sending'],
  ])
  expect(last(items())).toMatchObject({ key: client_id, message: { id: client_id, sender_id: writer.ada.id } })
  expect(items()).toBe(items())
  await until(() => last(items())?.state === 'stored', 'it is stored')
  expect(last(items())?.key).toBe(client_id)
  expect(items()).toHaveLength(2)
  await until(() => writer.client.outbox.entries().length === 0, 'the outbox is empty')
})

test('a message that is refused stays with its reason, in the place of its sending, until it is sent again or discarded', async () => {
  await using writer = await writing()
  const { ada, store, room, items } = writer
  await ada.client.conversations.update({ conversation_id: room, disabled: true })
  const [one, two] = [
    store.send({ conversation_id: room, content: 'one' }),
    store.send({ conversation_id: room, content: 'two' }),
  ]
  await until(() => items().filter(({ state }) => state === 'failed').length === 2, 'both are refused')
  expect(last(items())?.error?.problem?.code).toBe('conversation_disabled')
  await ada.client.conversations.update({ conversation_id: room, disabled: false })
  store.discard(one)
  store.retry(two)
  await until(() => last(items())?.state === 'stored', 'the second one is sent')
  expect(shown(items())).toEqual([
    ['before', 'stored'],
    ['two', 'stored'],
  ])
})

test('what is not sent yet is not shown where newer messages are missing', async () => {
  await using writer = await writing()
  const { ada, store, room } = writer
  const first = await say(ada, room, 'first')
  for (let index = 0; index < 30; index += 1) await say(ada, room, `${index}`)
  const place = store.messages(room, first.id)
  await writer[Symbol.asyncDispose]()
  await using reader = await reading(ada, server.url)
  const [view, end] = [reader.store.messages(room, first.id), reader.store.messages(room)]
  await view.open(5)
  await end.open(5)
  await ada.client.conversations.update({ conversation_id: room, disabled: true })
  reader.store.send({ conversation_id: room, content: 'at the end' })
  expect(last(view.get().items)?.state).toBe('stored')
  expect(last(end.get().items)?.message.content).toBe('at the end')
  expect(place.get().items.every(({ state }) => state === 'stored')).toBe(true)
})

const file = (text: string) => new File([text], `${text}.txt`, { type: 'text/plain' })

async function uploading(store: Store, room: string, files: File[]) {
  const client_id = store.send({ conversation_id: room, content: 'look' }, files)
  await until(() => store.uploads(client_id).length === files.length, 'the uploads begin')
  return { client_id, uploads: store.uploads(client_id) }
}

test('a message with files is shown at once, and sent when its files are uploaded', async () => {
  await using writer = await writing()
  const { store, room, items } = writer
  const answer = writer.network.hold('/upload')
  const { client_id, uploads } = await uploading(store, room, [file('one'), file('two')])
  await answer.arrived
  expect(last(items())).toMatchObject({ key: client_id, message: { content: 'look' } })
  expect(uploads.map(upload => upload.get())).toMatchObject([
    { name: 'one.txt', total: 3 },
    { name: 'two.txt', total: 3 },
  ])
  answer.release()
  await until(() => last(items())?.state === 'stored', 'it is stored')
  expect(last(items())?.message.attachments.map(({ name }) => name)).toEqual(['one.txt', 'two.txt'])
  expect(uploads.map(upload => upload.get().state)).toEqual(['done', 'done'])
  await until(() => store.uploads(client_id).length === 0, 'its uploads are forgotten')
})

test('a message whose upload is refused fails with the reason, and its other files are not uploaded twice', async () => {
  await using writer = await writing()
  const { store, room, items } = writer
  const { client_id, uploads } = await uploading(store, room, [file('one'), new File([], 'empty.txt')])
  await until(() => last(items())?.state === 'failed', 'the empty file is refused')
  expect(last(items())?.error?.problem?.code).toBe('validation_failed')
  await until(() => uploads.every(upload => upload.get().state !== 'uploading'), 'both have ended')
  const [first, second] = uploads.map(upload => upload.get())
  expect([first?.state, second?.state]).toEqual(['done', 'failed'])
  store.retry(client_id)
  await until(() => uploads[1]?.get().state === 'failed' && last(items())?.state === 'failed', 'it fails again')
  expect(uploads[0]?.get()).toBe(first ?? uploads[0]?.get())
  store.discard(client_id)
  expect(items()).toHaveLength(1)
})

test('an upload can be cancelled', async () => {
  await using writer = await writing()
  const answer = writer.network.hold('/upload')
  const upload = writer.store.upload(file('one'))
  await answer.arrived
  upload.cancel()
  answer.release()
  await until(() => upload.get().state === 'cancelled', 'it is cancelled')
  const { id } = await upload.start()
  expect(upload.get()).toMatchObject({ state: 'done', sent: 3, file: { id } })
})
