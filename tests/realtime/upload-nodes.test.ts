import { afterAll, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFiles } from '../../src/adapters/open.ts'
import { readConfig } from '../../src/config.ts'
import type { Files } from '../../src/ports/files.ts'
import { startNodes } from '../support/nodes.ts'
import { register } from '../support/people.ts'
import { replacing } from '../support/replacing.ts'
import { shared } from '../support/shared.ts'
import { until } from '../support/until.ts'
import { beginUpload, PART, TUS } from '../support/tus.ts'

/** How long a request may be the only one that makes the file. */
const CLAIM_MS = 10_000

/** Where the first composition of an upload waits, by its id: before a part is read, or after all are stored. */
const stalls = new Map<string, { at: 'before' | 'after'; reached: () => void; over: Promise<void> }>()
const time = { ahead: 0 }

function stalling(files: Files): Files {
  return replacing(files, {
    async put(id, bytes, limits) {
      const stall = stalls.get(id)
      stalls.delete(id)
      const wait = async () => {
        stall?.reached()
        await stall?.over
      }
      if (stall?.at === 'before') await wait()
      const stored = await files.put(id, bytes, limits)
      if (stall?.at === 'after') await wait()
      return stored
    },
  })
}

const scene = shared(async () => {
  const dir = await mkdtemp(join(tmpdir(), 'parley-uploads-'))
  const files = await openFiles(readConfig({ PARLEY_DATA_DIR: dir }), () => undefined)
  const nodes = await startNodes({
    overrides: { files: stalling(files), clock: () => new Date(Date.now() + time.ahead) },
  })
  return { nodes, dir }
})
afterAll(async () => {
  await scene().nodes[Symbol.asyncDispose]()
  await rm(scene().dir, { recursive: true, force: true })
})

for (const at of ['before', 'after'] as const)
  test(`of two nodes that finish one upload, the first of which stalls ${at} it stores the bytes, one makes the file and both name it`, async () => {
    const { here, there } = scene().nodes
    const ada = await register(here, 'ada')
    const authorization = `Bearer ${ada.access_token}`
    const id = await beginUpload(here.url, ada)
    const [reached, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    stalls.set(id, { at, reached: reached.resolve, over: over.promise })
    const first = fetch(`${here.url}/uploads/${id}`, {
      method: 'PATCH',
      headers: { ...PART, authorization, 'upload-offset': '0' },
      body: 'hello',
    })
    await reached.promise
    const head = () => fetch(`${there.url}/uploads/${id}`, { method: 'HEAD', headers: { ...TUS, authorization } })
    expect((await head()).status).toBe(503)
    time.ahead += CLAIM_MS + 1
    const second = await head()
    expect([second.status, second.headers.get('parley-file-id')]).toEqual([200, id])
    const { storage } = here.running
    await until(async () => (await storage.uploads.find(id))?.finished === true, 'the upload is finished')
    over.resolve()
    const answer = await first
    expect([answer.status, answer.headers.get('parley-file-id')]).toEqual([204, id])
    expect(await storage.files.listOfUser(ada.id, '', 10)).toMatchObject([{ id, size: 5 }])
    expect(await storage.files.usage(ada.id)).toBe(5)
    const bytes = await fetch(`${there.url}/files/${id}?download=1`, { headers: { authorization } })
    expect(await bytes.text()).toBe('hello')
  })

test('a file that its user deletes before a stalled node goes on is not made again', async () => {
  const { here, there } = scene().nodes
  const ada = await register(here, 'ada')
  const authorization = `Bearer ${ada.access_token}`
  const id = await beginUpload(here.url, ada)
  const [reached, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  stalls.set(id, { at: 'after', reached: reached.resolve, over: over.promise })
  const headers = { ...PART, authorization, 'upload-offset': '0' }
  const first = fetch(`${here.url}/uploads/${id}`, { method: 'PATCH', headers, body: 'hello' })
  await reached.promise
  time.ahead += CLAIM_MS + 1
  await fetch(`${there.url}/uploads/${id}`, { method: 'HEAD', headers: { ...TUS, authorization } })
  await ada.client.files.delete({ file_id: id })
  over.resolve()
  expect((await first).status).toBe(204)
  const { storage } = here.running
  expect([await storage.files.findMany([id]), await storage.files.usage(ada.id)]).toEqual([[], 0])
})
