import { describe, expect, test } from 'bun:test'
import type { Problem } from '../../contracts/errors.ts'
import { openUploadCollection } from '../../src/features/uploads/collect.ts'
import { partId } from '../../src/files/blob-ids.ts'
import { openLogger } from '../../src/logger.ts'
import { bytesOf, chunksOf, sha256 } from '../conformance/files/subject.ts'
import { refused, register, type Person } from '../support/people.ts'
import { sharedServer, startTestServer, type SharedServer } from '../support/server.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'
import { PART, TUS, tusUpload } from '../support/tus.ts'
import { until } from '../support/until.ts'

const MIB = 1024 * 1024
const server = sharedServer({ settings: { PARLEY_MAX_RESUMABLE_MB: '64' } })

type Headers = Record<string, string>

/** One request of the protocol. */
function ask(person: Person, method: string, path: string, headers: Headers = {}, body?: BodyInit, at = server) {
  const url = path.startsWith('http') ? path : `${at.url}${path}`
  const authorization = `Bearer ${person.access_token}`
  return fetch(url, { method, headers: { ...TUS, authorization, ...headers }, ...(body === undefined ? {} : { body }) })
}

async function begin(person: Person, length: number, headers: Headers = {}, at = server): Promise<string> {
  const response = await ask(person, 'POST', '/uploads', { 'upload-length': String(length), ...headers }, undefined, at)
  expect(response.status).toBe(201)
  return response.headers.get('location') ?? ''
}

const patch = (person: Person, path: string, offset: number, body: BodyInit, at = server) =>
  ask(person, 'PATCH', path, { ...PART, 'upload-offset': String(offset) }, body, at)

async function offsetOf(person: Person, path: string): Promise<number> {
  const response = await ask(person, 'HEAD', path)
  expect(response.status).toBe(200)
  return Number(response.headers.get('upload-offset'))
}

async function codeOf(response: Response): Promise<[number, string]> {
  return [response.status, ((await response.json()) as Problem).code]
}

async function download(person: Person, id: string, at: SharedServer = server): Promise<Uint8Array> {
  const response = await fetch(`${at.url}/files/${id}?download=1`, {
    headers: { authorization: `Bearer ${person.access_token}` },
  })
  expect(response.status).toBe(200)
  return new Uint8Array(await response.arrayBuffer())
}

/** Blobs of the store whose ids begin with that of the upload. */
async function blobsOf(path: string, at: SharedServer = server): Promise<string[]> {
  const id = path.split('/').at(-1) ?? ''
  return (await at.running.files.list(null, 1_000)).map(blob => blob.id).filter(blob => blob.startsWith(id))
}

/** A body that stays open after its bytes. */
function openBody(bytes: Uint8Array) {
  const end = Promise.withResolvers<void>()
  const chunks = chunksOf(bytes, 64 * 1024)
  const body = {
    end: end.resolve,
    sent: false,
    stream: new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const { done, value } = chunks.next()
          if (!done) return controller.enqueue(value)
          body.sent = true
          await end.promise
          controller.close()
        },
      },
      { highWaterMark: 0 },
    ),
  }
  return body
}

describe('the reference client of the protocol', () => {
  test('a client of tus uploads a file in one request or in many, and gets the same bytes back', async () => {
    const ada = await register(server, 'ada')
    const bytes = Buffer.from(bytesOf(10 * MIB + 77))
    for (const chunkSize of [Number.POSITIVE_INFINITY, 3 * MIB + 3, 700_001]) {
      const id = await tusUpload(server.url, ada.access_token, bytes, { chunkSize })
      expect(sha256(await download(ada, id))).toBe(sha256(bytes))
      expect(await ada.client.files.get({ file_id: id })).toMatchObject({
        name: 'large.bin',
        size: bytes.length,
        sha256: sha256(bytes),
      })
      expect(await blobsOf(id)).toEqual([id])
    }
  })

  test('a client of tus whose connection is cut again and again continues, and loses nothing', async () => {
    const ada = await register(server, 'ada')
    const { hostname, port } = new URL(server.url)
    await using proxy = await openTcpProxy({ host: hostname, port: Number(port) })
    let passed = 0
    let cuts = 0
    proxy.cutAfter(request => {
      passed += request.length
      if (passed < 2 * MIB || cuts === 5) return false
      passed = 0
      cuts += 1
      return true
    })
    const bytes = Buffer.from(bytesOf(13 * MIB))
    const id = await tusUpload(`http://127.0.0.1:${proxy.port}`, ada.access_token, bytes, { chunkSize: 3 * MIB })
    expect(cuts).toBe(5)
    expect(sha256(await download(ada, id))).toBe(sha256(bytes))
    expect(await blobsOf(id)).toEqual([id])
  })

  test('a client of tus that can send only GET and POST names the method in a header', async () => {
    const ada = await register(server, 'ada')
    const bytes = Buffer.from(bytesOf(2 * MIB))
    const options = { chunkSize: MIB, overridePatchMethod: true }
    const id = await tusUpload(server.url, ada.access_token, bytes, options)
    expect(sha256(await download(ada, id))).toBe(sha256(bytes))
    const path = await begin(ada, 10)
    const by = (method: string, at = path) => ask(ada, 'POST', at, { 'x-http-method-override': method })
    expect([(await by('HEAD')).headers.get('upload-offset'), (await by('PUT')).status]).toEqual(['0', 405])
    expect([(await by('DELETE')).status, (await by('HEAD')).status]).toEqual([204, 404])
    expect((await by('DELETE', '/users/me')).status).toBe(405)
  })

  test('a client of tus may send data with the creation, and may give up an upload', async () => {
    const ada = await register(server, 'ada')
    const bytes = Buffer.from('hello, world')
    const id = await tusUpload(server.url, ada.access_token, bytes, { uploadDataDuringCreation: true })
    expect(Buffer.from(await download(ada, id)).toString()).toBe('hello, world')
    const path = await begin(ada, 100)
    await patch(ada, path, 0, 'some')
    expect(await blobsOf(path)).toHaveLength(1)
    expect((await ask(ada, 'DELETE', path)).status).toBe(204)
    expect((await ask(ada, 'HEAD', path)).status).toBe(404)
    expect(await codeOf(await patch(ada, path, 4, 'more'))).toEqual([404, 'not_found'])
    expect(await blobsOf(path)).toEqual([])
  })
})

describe('the protocol', () => {
  test('the server says which version and extensions it has, to anyone', async () => {
    const response = await fetch(`${server.url}/uploads`, { method: 'OPTIONS' })
    expect(response.status).toBe(204)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'tus-resumable': '1.0.0',
      'tus-version': '1.0.0',
      'tus-extension': 'creation,creation-with-upload,termination,expiration',
      'tus-max-size': String(64 * MIB),
    })
  })

  test('an upload tells its offset, length, metadata and expiry until the file exists, and then the id of the file', async () => {
    const ada = await register(server, 'ada')
    const metadata = `filename ${Buffer.from('報告.txt').toString('base64')},purpose`
    const path = await begin(ada, 10, { 'upload-metadata': metadata })
    const first = await patch(ada, path, 0, 'hello')
    expect([first.status, first.headers.get('upload-offset')]).toEqual([204, '5'])
    expect(Date.parse(first.headers.get('upload-expires') ?? '')).toBeGreaterThan(Date.now() + 23 * 60 * 60 * 1000)
    expect(first.headers.get('parley-file-id')).toBeNull()
    const asked = await ask(ada, 'HEAD', path)
    expect(Object.fromEntries(asked.headers)).toMatchObject({
      'upload-offset': '5',
      'upload-length': '10',
      'upload-metadata': metadata,
      'cache-control': 'no-store',
      'tus-resumable': '1.0.0',
    })
    const last = await patch(ada, path, 5, 'world')
    const id = last.headers.get('parley-file-id') ?? ''
    expect([last.status, last.headers.get('upload-offset'), path.endsWith(id)]).toEqual([204, '10', true])
    expect(await ada.client.files.get({ file_id: id })).toMatchObject({ name: '報告.txt', content_type: 'text/plain' })
    const again = await ask(ada, 'HEAD', path)
    expect(again.headers.get('parley-file-id')).toBe(id)
    const repeated = await patch(ada, path, 10, '')
    expect([repeated.status, repeated.headers.get('parley-file-id')]).toEqual([204, id])
    expect((await ask(ada, 'DELETE', path)).status).toBe(204)
    expect((await ada.client.files.get({ file_id: id })).id).toBe(id)
  })

  test('a wrong offset is 409 and changes nothing', async () => {
    const ada = await register(server, 'ada')
    const path = await begin(ada, 10)
    for (const offset of [1, 5, 10, 1_000])
      expect(await codeOf(await patch(ada, path, offset, 'x'))).toEqual([409, 'wrong_offset'])
    await patch(ada, path, 0, 'hello')
    expect(await codeOf(await patch(ada, path, 0, 'hello'))).toEqual([409, 'wrong_offset'])
    expect(await offsetOf(ada, path)).toBe(5)
  })

  test('requests that break the protocol are refused by its rules', async () => {
    const ada = await register(server, 'ada')
    const path = await begin(ada, 10)
    const length = { 'upload-length': '10' }
    const other = { 'tus-resumable': '0.2.2' }
    const cases: [request: Promise<Response>, status: number, code: string][] = [
      [ask(ada, 'POST', '/uploads', { ...length, ...other }), 412, 'tus_version'],
      [ask(ada, 'PATCH', path, { ...PART, ...other, 'upload-offset': '0' }, 'x'), 412, 'tus_version'],
      [ask(ada, 'DELETE', path, other), 412, 'tus_version'],
      [ask(ada, 'POST', '/uploads'), 422, 'validation_failed'],
      [ask(ada, 'POST', '/uploads', { 'upload-defer-length': '1' }), 422, 'validation_failed'],
      [ask(ada, 'POST', '/uploads', { 'upload-length': '0' }), 422, 'validation_failed'],
      [ask(ada, 'POST', '/uploads', { 'upload-length': '-5' }), 422, 'validation_failed'],
      [ask(ada, 'POST', '/uploads', { 'upload-length': '1e3' }), 422, 'validation_failed'],
      [ask(ada, 'POST', '/uploads', { ...length, 'upload-metadata': 'a b c' }), 422, 'validation_failed'],
      [ask(ada, 'POST', '/uploads', { 'upload-length': String(64 * MIB + 1) }), 413, 'too_large'],
      [
        ask(ada, 'PATCH', path, { ...TUS, 'content-type': 'text/plain', 'upload-offset': '0' }, 'x'),
        415,
        'unsupported_media_type',
      ],
      [ask(ada, 'PATCH', path, PART, 'x'), 422, 'validation_failed'],
      [patch(ada, path, 0, 'longer than ten bytes'), 413, 'too_large'],
      [ask(ada, 'PATCH', '/uploads/nonsense', { ...PART, 'upload-offset': '0' }, 'x'), 422, 'validation_failed'],
    ]
    for (const [request, status, code] of cases) {
      const response = await request
      expect(response.headers.get('tus-resumable')).toBe('1.0.0')
      expect(await codeOf(response)).toEqual([status, code])
    }
    expect((await ask(ada, 'HEAD', path, other)).status).toBe(412)
    expect(await offsetOf(ada, path)).toBe(0)
  })

  test('an upload is nobody’s but the uploader’s', async () => {
    const [ada, bob] = await Promise.all([register(server, 'ada'), register(server, 'bob')])
    const path = await begin(ada, 10)
    expect((await ask(bob, 'HEAD', path)).status).toBe(404)
    expect(await codeOf(await patch(bob, path, 0, 'x'))).toEqual([404, 'not_found'])
    expect(await codeOf(await ask(bob, 'DELETE', path))).toEqual([404, 'not_found'])
    expect((await fetch(`${server.url}${path}`, { method: 'HEAD', headers: TUS })).status).toBe(401)
    expect(await offsetOf(ada, path)).toBe(0)
  })
})

describe('uploads that are disturbed', () => {
  test('of requests for the same offset one goes on, and the bytes are those of one', async () => {
    const ada = await register(server, 'ada')
    const size = 9 * MIB
    for (let round = 0; round < 2; round += 1) {
      const path = await begin(ada, size)
      const bodies = Array.from({ length: 4 }, (_, index) => bytesOf(size, index + 1))
      const answers = await Promise.all(bodies.map(body => patch(ada, path, 0, body)))
      const statuses = answers.map(({ status }) => status)
      expect(statuses.filter(status => status === 204)).toHaveLength(1)
      expect(new Set(statuses)).toEqual(new Set([204, 409]))
      const id = answers.find(({ status }) => status === 204)?.headers.get('parley-file-id') ?? ''
      expect(bodies.map(sha256)).toContain(sha256(await download(ada, id)))
      await until(async () => (await blobsOf(path)).length === 1, 'the parts to be removed')
    }
  })

  test('what arrived before the connection ended is kept', async () => {
    const ada = await register(server, 'ada')
    const path = await begin(ada, 10 * MIB)
    const bytes = bytesOf(3 * MIB)
    const abort = new AbortController()
    const body = openBody(bytes)
    const cut = fetch(`${server.url}${path}`, {
      method: 'PATCH',
      headers: { ...PART, 'upload-offset': '0', authorization: `Bearer ${ada.access_token}` },
      body: body.stream,
      signal: abort.signal,
    }).catch(() => 'cut')
    await until(() => body.sent, 'the bytes to be sent')
    abort.abort()
    expect(await cut).toBe('cut')
    await until(async () => (await offsetOf(ada, path)) > 0, 'the part to be stored')
    const offset = await offsetOf(ada, path)
    expect(offset).toBeLessThanOrEqual(bytes.byteLength)
    const rest = new Uint8Array(10 * MIB - offset)
    rest.set(bytes.subarray(offset))
    const last = await patch(ada, path, offset, rest)
    const whole = await download(ada, last.headers.get('parley-file-id') ?? '')
    expect(Buffer.compare(whole.subarray(0, bytes.byteLength), bytes)).toBe(0)
  })

  test('an upload that is given up while bytes arrive is gone, with all of its parts', async () => {
    const ada = await register(server, 'ada')
    const path = await begin(ada, 20 * MIB)
    const body = openBody(bytesOf(9 * MIB))
    const running = fetch(`${server.url}${path}`, {
      method: 'PATCH',
      headers: { ...PART, 'upload-offset': '0', authorization: `Bearer ${ada.access_token}` },
      body: body.stream,
    })
    await until(async () => (await offsetOf(ada, path)) > 0, 'a part to be stored')
    expect((await ask(ada, 'DELETE', path)).status).toBe(204)
    body.end()
    expect((await running).status).toBe(404)
    await until(async () => (await blobsOf(path)).length === 0, 'the parts to be removed')
  })

  test('an upload whose bytes are all there becomes a file at the next request, and many at once make one', async () => {
    const ada = await register(server, 'ada')
    const path = await begin(ada, 5)
    const id = path.split('/').at(-1) ?? ''
    const { storage, files } = server.running
    const upload = await storage.uploads.find(id)
    if (!upload) throw new Error('no upload')
    // As if the process had ended between the last part and the file.
    await files.put(`${id}-part-x`, new Blob(['hello']).stream(), { max_bytes: 5 })
    const parts = [{ id: `${id}-part-x`, size: 5 }]
    expect(await storage.uploads.advance(id, upload, { ...upload, offset: 5, parts })).toBe(true)
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(ada, 'HEAD', path)))
    expect(answers.map(({ status }) => status).filter(status => status !== 200 && status !== 503)).toEqual([])
    expect((await ask(ada, 'HEAD', path)).headers.get('parley-file-id')).toBe(id)
    expect(Buffer.from(await download(ada, id)).toString()).toBe('hello')
    expect(await blobsOf(path)).toEqual([id])
  })
})

describe('the limits of uploads', () => {
  test('uploads that begin at once reserve no more than the quota, and each that has begun can be finished', async () => {
    await using small = await startTestServer({
      settings: { PARLEY_USER_QUOTA_MB: '10', PARLEY_MAX_RESUMABLE_MB: '64' },
    })
    const ada = await register(small, 'ada')
    const length = { 'upload-length': String(4 * MIB) }
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => ask(ada, 'POST', '/uploads', length, undefined, small)),
    )
    const begun = answers.filter(({ status }) => status === 201)
    expect(begun).toHaveLength(2)
    for (const other of answers.filter(({ status }) => status !== 201))
      expect(await codeOf(other)).toEqual([507, 'quota_exceeded'])
    const file = (mib: number) => ({ file: new File([bytesOf(mib * MIB)], 'other.bin') })
    await refused(ada.client.files.upload(file(3)), 'quota_exceeded')
    expect((await ada.client.files.upload(file(2))).size).toBe(2 * MIB)
    for (const { headers } of begun) {
      const last = await patch(ada, headers.get('location') ?? '', 0, bytesOf(4 * MIB), small)
      expect([last.status, last.headers.get('parley-file-id')]).toEqual([204, expect.any(String)])
    }
    await refused(ada.client.files.upload(file(1)), 'quota_exceeded')
    const [first] = begun.map(({ headers }) => headers.get('location')?.split('/').at(-1) ?? '')
    await ada.client.files.delete({ file_id: first ?? '' })
    const path = await begin(ada, 4 * MIB, {}, small)
    await refused(ada.client.files.upload(file(1)), 'quota_exceeded')
    await ask(ada, 'DELETE', path, {}, undefined, small)
    expect((await ada.client.files.upload(file(1))).size).toBe(MIB)
  })

  test('a user has at most 100 uploads in progress', async () => {
    const ada = await register(server, 'ada')
    for (let time = 0; time < 100; time += 1) await begin(ada, 10)
    const answer = await ask(ada, 'POST', '/uploads', { 'upload-length': '10' })
    expect(await codeOf(answer)).toEqual([409, 'too_many_uploads'])
  })

  test('an upload that rests for a day is removed with its parts, and a file that was made stays', async () => {
    const ada = await register(server, 'ada')
    const [resting, done] = [await begin(ada, 10), await begin(ada, 5)]
    await patch(ada, resting, 0, 'hello')
    const id = (await patch(ada, done, 0, 'hello')).headers.get('parley-file-id') ?? ''
    const { storage, files } = server.running
    const collection = openUploadCollection({ storage, files, logger: openLogger('silent') })
    await collection.run(new Date(Date.now() + 23 * 60 * 60 * 1000))
    expect(await offsetOf(ada, resting)).toBe(5)
    await collection.run(new Date(Date.now() + 25 * 60 * 60 * 1000))
    expect((await ask(ada, 'HEAD', resting)).status).toBe(404)
    expect(await blobsOf(resting)).toEqual([])
    expect((await ada.client.files.get({ file_id: id })).size).toBe(5)
  })

  test('a part that a crash has left is removed after a day, and one that belongs to an upload is not', async () => {
    const ada = await register(server, 'ada')
    const path = await begin(ada, 10)
    await patch(ada, path, 0, 'hello')
    const [id = '', { storage, files }] = [path.split('/').at(-1), server.running]
    const [kept] = await blobsOf(path)
    const left = partId(id)
    await files.put(left, new Blob(['left']).stream(), { max_bytes: 4 })
    const collection = openUploadCollection({ storage, files, logger: openLogger('silent') })
    await collection.run(new Date())
    expect((await blobsOf(path)).toSorted()).toEqual([kept ?? '', left].toSorted())
    const upload = await storage.uploads.find(id)
    if (!upload) throw new Error('no upload')
    const later = new Date(Date.now() + 25 * 60 * 60 * 1000)
    await storage.uploads.advance(id, upload, { ...upload, expires_at: new Date(later.getTime() + 1).toISOString() })
    await collection.run(later)
    expect(await blobsOf(path)).toEqual([kept ?? ''])
  })
})
