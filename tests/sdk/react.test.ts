import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Window } from 'happy-dom'
import { createClient, memoryTokens } from '../../src/sdk/index.ts'
import { Store } from '../../src/sdk/store/index.ts'
import { groupOf, register, say } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'
import { until } from '../support/until.ts'
import type * as ScreenModule from './react-screen.ts'

const server = sharedServer()
const SCREEN = join(import.meta.dir, 'react-screen.ts')

let folder = ''
const page = new Window()
const before = new Map<string, PropertyDescriptor | undefined>()
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-react-'))
  for (const [name, value] of Object.entries({ window: page, document: page.document })) {
    before.set(name, Object.getOwnPropertyDescriptor(globalThis, name))
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
  }
})
afterAll(async () => {
  for (const [name, descriptor] of before)
    if (descriptor) Object.defineProperty(globalThis, name, descriptor)
    else Reflect.deleteProperty(globalThis, name)
  await page.happyDOM.close()
  await rm(folder, { recursive: true })
})

/** The screen with the React of a package of this folder: `react`, or `react-18` with `react-dom-18`. */
async function screenWith(suffix: string): Promise<typeof ScreenModule> {
  const built = await Bun.build({
    entrypoints: [SCREEN],
    target: 'browser',
    define: { 'process.env.NODE_ENV': '"development"' },
    plugins: [
      {
        name: 'react',
        setup(build) {
          build.onResolve({ filter: /^react(-dom)?(\/.*)?$/ }, ({ path, importer }) => {
            const [, name = '', rest = ''] = /^(react(?:-dom)?)(\/.*)?$/.exec(path) ?? []
            const from = importer.includes('/node_modules/') && rest.startsWith('/cjs') ? importer : SCREEN
            return { path: Bun.resolveSync(`${name}${suffix}${rest}`, from) }
          })
        },
      },
    ],
  })
  const file = join(folder, `screen${suffix}.mjs`)
  await Bun.write(file, (await built.outputs[0]?.text()) ?? '')
  // Cast: what was built.
  return (await import(file)) as typeof ScreenModule
}

async function people() {
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  const { id: room } = await groupOf(ada, [bob])
  await say(ada, room, 'brass one')
  const client = createClient({ url: server.url, tokens: memoryTokens(bob.client.tokens.current), random: () => 0 })
  const store = new Store(client, { random: () => 0 })
  const element = page.document.createElement('div')
  page.document.body.append(element)
  return {
    ada,
    bob,
    store,
    options: { store, room, other: ada.id },
    room,
    // Cast: happy-dom has no types of the DOM of TypeScript.
    element: element as unknown as Element,
    async [Symbol.asyncDispose]() {
      element.remove()
      store.close()
      client.close()
    },
  }
}

for (const [major, suffix] of [
  ['19', ''],
  ['18', '-18'],
] as const)
  describe(`the hooks under React ${major}`, () => {
    test('every hook shows what the store has, in StrictMode, and follows it', async () => {
      const { mount, version } = await screenWith(suffix)
      expect(version).toStartWith(`${major}.`)
      await using all = await people()
      const { ada, bob, room, element, options } = all
      const screen = mount(element, options)
      await until(() => screen.isRendered() && screen.values().messages.items.length === 1, 'the messages are shown')
      const values = () => screen.values()
      await until(() => values().members.items.length === 2 && values().user !== null, 'what is watched is loaded')
      expect(values()).toMatchObject({
        connection: { live: { state: 'up_to_date' }, store: { state: 'ready' } },
        inbox: [{ id: room }],
        archived: [],
        conversation: { id: room, me: { unread_count: 1 } },
        messages: { older: false, newer: false, error: null },
        unread: { unread_count: 1, unread_conversations: 1 },
        user: { username: ada.name },
        draft: [null, expect.any(Function)],
      })
      await until(() => values().presence?.user_id === ada.id, 'the status is known')
      await ada.client.typing.start({ conversation_id: room })
      await until(() => values().typing.user_ids.length === 1, 'ada types')
      await say(ada, room, 'brass two')
      await until(() => values().messages.items.length === 2, 'the new message is shown')
      expect(values().typing.user_ids).toEqual([])

      values().messages.read()
      await until(() => values().unread.unread_count === 0, 'all is read')
      values().draft[1]({ content: 'brass' })
      await until(() => values().draft[0]?.content === 'brass', 'the draft is kept')
      const key = values().messages.send('brass three')
      await until(() => values().messages.items.at(-1)?.state === 'stored', 'the message is stored')
      expect(values().messages.items.at(-1)?.key).toBe(key)
      const [first] = values().messages.items
      await values().messages.react(first?.message ?? raise(), '👍')
      await until(() => values().messages.items[0]?.message.reactions[0]?.me === true, 'the reaction is shown')
      values().upload.start(new File(['x'], 'x.txt'))
      await until(() => values().upload.upload?.state === 'done', 'the file is uploaded')
      await bob.client.contacts.add({ user_id: ada.id })
      await until(() => values().contacts.items.length === 1, 'the contact is shown')
      const texts = [...element.querySelectorAll('p')].map(({ textContent }) => textContent)
      expect(texts).toEqual(['brass one brass two brass three', 'brass one brass two brass three'])
      screen.unmount()
      await until(() => !all.store.messages(room).isWatched, 'nothing is watched any more')
    })

    test('nothing is rendered again by what does not concern it', async () => {
      const { mount } = await screenWith(suffix)
      await using all = await people()
      const { ada, bob, room, element, options } = all
      const { id: other } = await groupOf(ada, [bob], 'Looms')
      const screen = mount(element, options)
      const settled = () => {
        if (!screen.isRendered()) return false
        const { members, messages, user, presence } = screen.values()
        return members.items.length === 2 && messages.items.length === 1 && user !== null && presence !== null
      }
      await until(settled, 'all is loaded')
      await until(() => !screen.values().search.loading, 'the search has ended')
      const { conversation, messages } = screen.values()
      await say(ada, other, 'elsewhere')
      await until(() => screen.values().unread.unread_count === 2, 'the totals change')
      expect(screen.values().conversation).toBe(conversation)
      expect(screen.values().messages).toBe(messages)
      const commits = screen.commits()
      await ada.client.messages.list({ conversation_id: room })
      expect(screen.commits()).toBe(commits)
      screen.unmount()
    })

    test('a page that a server rendered becomes live without a complaint', async () => {
      const { renderOnServer, hydrate } = await screenWith(suffix)
      await using all = await people()
      const { element, options, store, room } = all
      element.innerHTML = renderOnServer(options)
      expect(element.querySelectorAll('p')).toHaveLength(2)
      await store.open()
      await store.messages(room).open()
      const complaints: unknown[] = []
      const unmount = hydrate(element, options, error => complaints.push(error))
      await until(() => element.querySelector('p')?.textContent === 'brass one', 'the messages are shown')
      expect(complaints).toEqual([])
      unmount()
    })

    test('a hook without a provider says so', async () => {
      const { withoutProvider } = await screenWith(suffix)
      expect(withoutProvider()).toContain('needs a ParleyProvider')
    })
  })

function raise(): never {
  throw new Error('there is a message')
}
