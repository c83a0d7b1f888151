import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { builtClient } from '../support/client-package.ts'
import { sharedServer } from '../support/server.ts'

/**
 * The floor of the client: Safari 15.4, Chrome 100, Firefox 100, Node 18, React Native 0.72 with Hermes. What one of them does
 * not have is deleted before the built client is loaded and a session run through it.
 */
const ABSENT = {
  Array: ['fromAsync'],
  'Array.prototype': ['findLast', 'findLastIndex', 'toReversed', 'toSorted', 'toSpliced', 'with'],
  'Uint8Array.prototype': ['setFromBase64', 'setFromHex', 'toBase64', 'toHex'],
  Uint8Array: ['fromBase64', 'fromHex'],
  'String.prototype': ['isWellFormed', 'toWellFormed'],
  Object: ['groupBy', 'hasOwn'],
  Map: ['groupBy'],
  'Map.prototype': ['getOrInsert', 'getOrInsertComputed'],
  'Set.prototype': [
    'difference',
    'intersection',
    'isDisjointFrom',
    'isSubsetOf',
    'isSupersetOf',
    'symmetricDifference',
    'union',
  ],
  'Iterator.prototype': [
    'drop',
    'every',
    'filter',
    'find',
    'flatMap',
    'forEach',
    'map',
    'reduce',
    'some',
    'take',
    'toArray',
  ],
  Promise: ['any', 'try', 'withResolvers'],
  Error: ['isError'],
  Math: ['sumPrecise'],
  RegExp: ['escape'],
  URL: ['canParse', 'createObjectURL', 'parse'],
  'URLSearchParams.prototype': ['size'],
  AbortSignal: ['abort', 'any', 'timeout'],
  'AbortSignal.prototype': ['reason', 'throwIfAborted'],
  'Blob.prototype': ['bytes'],
  'Response.prototype': ['bytes'],
}
const ABSENT_GLOBALS = [
  'BroadcastChannel',
  'DOMException',
  'FinalizationRegistry',
  'Iterator',
  'TextDecoder',
  'TextEncoder',
  'URLSearchParams',
  'WeakRef',
  'addEventListener',
  'crypto',
  'document',
  'indexedDB',
  'localStorage',
  'navigator',
  'process',
  'reportError',
  'sessionStorage',
  'structuredClone',
  'window',
]

const SESSION = `
  const url = process.argv[2]
  // What the platform itself needs is loaded by then.
  await fetch(url + '/health').then(response => response.text())
  const print = console.log
  function remove(owner, name) {
    if (!owner || !(name in owner)) return
    if (!Reflect.deleteProperty(owner, name)) owner[name] = undefined
    if (name in owner && owner[name] !== undefined) throw new Error(name + ' cannot be removed')
  }
  for (const [owner, names] of Object.entries(ABSENT)) {
    const target = owner.split('.').reduce((object, name) => object?.[name], globalThis)
    for (const name of names) remove(target, name)
  }
  for (const name of ABSENT_GLOBALS) remove(globalThis, name)
  const symbols = Symbol
  const kept = Object.entries(Object.getOwnPropertyDescriptors(symbols)).filter(
    ([name]) => !['asyncDispose', 'asyncIterator', 'dispose', 'length', 'name', 'prototype'].includes(name),
  )
  globalThis.Symbol = Object.defineProperties(text => symbols(text), Object.fromEntries(kept))
  const { ConnectionLost, ParleyError, createClient, memoryTokens } = await import('./index.js')
  const { Store } = await import('./store.js')

  async function person(name, calls) {
    const client = createClient({ url, calls })
    const username = name + Math.random().toString(36).slice(2, 10)
    const password = 'a fine long phrase'
    const { user } = await client.auth.register({ username, email: username + '@example.com', password })
    return { client, user }
  }
  const ada = await person('ada', 'http')
  const bob = await person('bob', 'socket')
  await ada.client.live.open()
  const store = new Store(bob.client)
  await store.open()
  const heard = new Promise(resolve => bob.client.live.on('message.created', resolve))
  const { id: conversation_id } = await ada.client.conversations.create({ type: 'direct', participant_ids: [bob.user.id] })
  await ada.client.outbox.send({ conversation_id, content: 'first' })
  const { data } = await heard
  await bob.client.messages.send({ conversation_id, content: 'x'.repeat(7000) + ' second' })
  await bob.client.messages.react({ message_id: data.id, emoji: '👍' })
  const pages = ada.client.messages.pages({ conversation_id, limit: 1, sort: 'asc' })['@@asyncIterator']()
  const texts = []
  for (let item = await pages.next(); !item.done; item = await pages.next()) texts.push(item.value.content.slice(-6))
  const few = await ada.client.messages.list({ conversation_id, limit: 1 })
  const file = await ada.client.files.upload({ file: new Blob(['some text'], { type: 'text/plain' }) })
  const bytes = await ada.client.files.download({ file_id: file.id })
  const controller = new AbortController()
  const aborted = ada.client.users.me({}, { signal: controller.signal }).catch(error => error.name)
  controller.abort()
  const { current } = ada.client.tokens
  const silent = createClient({ url, fetch: () => new Promise(() => {}), tokens: memoryTokens(current) })
  const slow = await silent.users.me({}, { timeout_ms: 10 }).catch(error => error instanceof ConnectionLost)
  const refused = await bob.client.messages.get({ message_id: conversation_id }).catch(error => error)
  const inbox = store.inbox.get().map(({ id }) => id === conversation_id)
  store.close()
  ada.client.close()
  bob.client.close()
  print(JSON.stringify({
    heard: data.content, texts, few: few.data.length, bytes: bytes.size, aborted: await aborted, slow, inbox,
    refused: refused instanceof ParleyError && refused.code,
  }))
`

const server = sharedServer()
test('a session with the built client needs nothing above the floor', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-floor-'))
  try {
    const file = join(folder, 'session.mjs')
    const built = await builtClient()
    const tables = Object.entries({ ABSENT, ABSENT_GLOBALS }).map(
      ([name, value]) => `const ${name} = ${JSON.stringify(value)}\n`,
    )
    await Bun.write(file, tables.join('') + SESSION.replaceAll("import('./", `import('${built}/`))
    const child = Bun.spawn([process.execPath, file, server.url], { stdout: 'pipe', stderr: 'pipe' })
    const [output, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
    expect(errors).toBe('')
    expect(JSON.parse(output)).toEqual({
      heard: 'first',
      texts: ['first', 'second'],
      few: 1,
      bytes: 9,
      aborted: 'AbortError',
      slow: true,
      inbox: [true],
      refused: 'not_found',
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
