import { afterAll, beforeAll, expect, test } from 'bun:test'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createClient, memoryTokens, type Client } from '../../src/sdk/index.ts'
import type { Store } from '../../src/sdk/store/index.ts'
import { groupOf, register } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { until } from '../support/until.ts'
import { ROOT, blocksOf, openCheckout } from './checkout.ts'

interface Printed {
  transcript(client: Client, conversation_id: string, signal?: AbortSignal): Promise<string[]>
  rename(client: Client, conversation_id: string, name: string): Promise<string>
  sendFile(client: Client, conversation_id: string, file: Blob, show: (part: number) => void): Promise<string>
  showRoom(
    client: Client,
    conversation_id: string,
    show: (lines: string[]) => void,
  ): Promise<{ store: Store; send: (content: string) => string }>
}

const server = sharedServer()
let checkout: Awaited<ReturnType<typeof openCheckout>>
let printed: Printed
beforeAll(async () => {
  checkout = await openCheckout()
  const blocks = blocksOf(await Bun.file(join(ROOT, 'docs/client.md')).text(), 'ts')
  const found = blocks.filter(block => /function (transcript|rename|sendFile|showRoom|begin)/.test(block))
  const files = found.map((_, index) => `calls-${index}`)
  for (const [index, block] of found.entries()) await Bun.write(join(checkout.folder, `calls-${index}.ts`), block)
  const modules = await Promise.all(files.map(file => import(join(checkout.folder, `${file}.ts`))))
  printed = Object.assign({}, ...modules) as Printed
})
afterAll(() => checkout[Symbol.asyncDispose]())

test('what is printed about calls compiles', async () => {
  await copyFile(join(ROOT, 'tsconfig.json'), join(checkout.folder, 'tsconfig.base.json'))
  const config = { extends: './tsconfig.base.json', include: ['calls-*.ts'] }
  await Bun.write(join(checkout.folder, 'tsconfig.json'), JSON.stringify(config))
  expect(await checkout.run(process.execPath, 'x', 'tsc', '-p', '.')).toBe('')
})

test('what is printed about calls does what its text says', async () => {
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  const { id } = await groupOf(ada, [bob])
  for (const content of ['one', 'two']) await ada.client.messages.send({ conversation_id: id, content })
  expect(await printed.transcript(ada.client, id)).toEqual(['one', 'two'])
  const aborted: unknown = await printed
    .transcript(ada.client, id, AbortSignal.abort())
    .catch((error: unknown) => error)
  expect(aborted).toMatchObject({ name: 'AbortError' })

  expect(await printed.rename(ada.client, id, 'Readers')).toBe('It is called Readers now.')
  expect(await printed.rename(bob.client, id, 'Writers')).toBe('You may not rename it.')
  expect(await printed.rename(ada.client, id, 'x'.repeat(1_000))).toStartWith('name must have ')

  const client = createClient({ url: server.url, tokens: memoryTokens(ada.client.tokens.current) })
  const address = await printed.sendFile(client, id, new Blob(['some text'], { type: 'text/plain' }), () => undefined)
  expect(await (await fetch(address)).text()).toBe('some text')
  expect((await client.messages.list({ conversation_id: id, limit: 1 })).data[0]?.attachments).toHaveLength(1)
})

test('the program about the store in docs/client.md shows what is sent', async () => {
  const ada = await register(server, 'ada')
  const { id } = await groupOf(ada, [])
  await ada.client.messages.send({ conversation_id: id, content: 'one' })
  let lines: string[] = []
  const { store, send } = await printed.showRoom(ada.client, id, shown => {
    lines = shown
  })
  await until(() => lines.join() === 'one (stored)', 'the history is shown')
  send('two')
  await until(() => lines.join() === 'one (stored),two (stored)', 'the message is shown')
  store.close()
  ada.client.close()
})
