import { expect, test } from 'bun:test'
import { register } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'

const server = sharedServer()

test('a Blob, which has no name, is uploaded like a File', async () => {
  const { client } = await register(server, 'ada')
  const bytes = ['a small text']
  const blob = await client.files.upload({ file: new Blob(bytes) })
  const file = await client.files.upload({ file: new File(bytes, 'notes.txt') })
  expect([blob.size, blob.name, file.size, file.name]).toEqual([12, 'blob', 12, 'notes.txt'])
})
