import { expect, test } from 'bun:test'
import { createClient, memoryTokens } from '../../src/sdk/index.ts'
import { bytesOf, sha256 } from '../conformance/files/subject.ts'
import { ServerProcess } from '../support/server-process.ts'
import { tusUpload } from '../support/tus.ts'

const MIB = 1024 * 1024

async function registered(url: string) {
  const tokens = memoryTokens()
  const client = createClient({ url, tokens })
  const username = `ada-${crypto.randomUUID().slice(0, 8)}`
  const password = 'a fine long passphrase'
  const { access_token } = await client.auth.register({ username, email: `${username}@example.org`, password })
  return { client, access_token }
}

test('an upload goes on after the server was killed, and its file has every byte', async () => {
  await using server = await ServerProcess.start()
  const { client, access_token } = await registered(server.url)
  const bytes = Buffer.from(bytesOf(24 * MIB))
  const kills = [5, 17].map(megabytes => megabytes * MIB)
  let restarted = Promise.resolve()
  const id = await tusUpload(server.url, access_token, bytes, {
    chunkSize: 7 * MIB,
    onProgress: sent => {
      if (sent < (kills[0] ?? Number.POSITIVE_INFINITY)) return
      kills.shift()
      restarted = restarted.then(() => server.kill()).then(() => server.start())
    },
    onShouldRetry: () => true,
  })
  await restarted
  expect(kills).toEqual([])
  expect(await client.files.get({ file_id: id })).toMatchObject({ size: bytes.length, sha256: sha256(bytes) })
})

test('a large upload does not grow the memory of the server', async () => {
  await using server = await ServerProcess.start()
  const { client, access_token } = await registered(server.url)
  await tusUpload(server.url, access_token, Buffer.from(bytesOf(12 * MIB)))
  const before = await server.peakMemory()
  const bytes = Buffer.from(bytesOf(140 * MIB))
  const id = await tusUpload(server.url, access_token, bytes)
  expect((await client.files.get({ file_id: id })).sha256).toBe(sha256(bytes))
  expect((await server.peakMemory()) - before).toBeLessThan(80)
})
