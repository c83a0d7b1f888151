import { describe, expect, test } from 'bun:test'
import { openMinioFiles, type MinioOptions } from '../../src/adapters/files/minio/open.ts'
import { MAX_HELD_BYTES } from '../../src/ports/files.ts'
import { Unavailable } from '../../src/ports/storage.ts'
import { filesConformance, type Subject } from '../conformance/files/index.ts'
import { bytesOf, NO_LIMIT, read, Source, streamOf } from '../conformance/files/subject.ts'
import { dropBucket, s3Access, s3Client } from '../support/minio.ts'
import { openTcpProxy, through } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'

/** A busy machine fails no test that is not about time. */
const PATIENT = { stall_ms: 30_000, call_ms: 60_000 }
const access = s3Access()

interface Bucket extends Subject {
  readonly options: MinioOptions
}

async function place(server: NonNullable<typeof access>): Promise<Bucket> {
  const bucket = `parley-test-${crypto.randomUUID()}`
  const options = { ...server, ...PATIENT, bucket }
  return {
    options,
    open: () => openMinioFiles(options),
    program: `import { openMinioFiles } from '${import.meta.dir}/../../src/adapters/files/minio/open.ts'
      const open = () => openMinioFiles(${JSON.stringify(options)})`,
    leftovers: async () => (await s3Client().listIncompleteUploadsQuery(bucket, '', '', '', '')).uploads.length,
    [Symbol.asyncDispose]: () => dropBucket(bucket),
  }
}

/** A store behind a proxy that a test can cut. */
async function behindProxy(server: NonNullable<typeof access>, impatience = {}) {
  const subject = await place(server)
  const { hostname, port } = new URL(server.endpoint)
  const proxy = await openTcpProxy({ host: hostname, port: Number(port) })
  const endpoint = through(proxy, server.endpoint)
  const files = await openMinioFiles({ ...subject.options, ...impatience, endpoint })
  return {
    subject,
    proxy,
    files,
    async [Symbol.asyncDispose]() {
      await files[Symbol.asyncDispose]()
      await proxy[Symbol.asyncDispose]()
      await subject[Symbol.asyncDispose]()
    },
  }
}

function suite(server: NonNullable<typeof access>): void {
  filesConformance('MinIO', () => place(server))

  describe('MinIO behind a network that fails', () => {
    test('a connection that is cut during a put rejects with Unavailable, and nothing is found', async () => {
      await using cut = await behindProxy(server)
      const { files, proxy, subject } = cut
      let uploading = 0
      proxy.cutAfter(request => request.includes('partNumber=2') && (uploading += 1) === 1)
      const put = files.put('cut-off', streamOf(bytesOf(11 * 1024 * 1024)), NO_LIMIT)
      expect(put).rejects.toBeInstanceOf(Unavailable)
      await put.catch(() => undefined)
      expect(proxy.cuts).toBe(1)
      expect(await files.get('cut-off')).toBeNull()
      await until(async () => (await subject.leftovers()) === 0, 'the parts to be removed')
    })

    test('a connection that is cut during a get fails the stream', async () => {
      await using cut = await behindProxy(server)
      const { files, proxy } = cut
      await files.put('large', streamOf(bytesOf(20 * 1024 * 1024)), NO_LIMIT)
      const reader = (await files.get('large'))?.getReader()
      await reader?.read()
      proxy.refuse()
      const rest = (async () => {
        while ((await reader?.read())?.done === false);
      })()
      expect(rest).rejects.toBeInstanceOf(Unavailable)
      await rest.catch(() => undefined)
      proxy.allow()
      expect(await files.size('large')).toBe(20 * 1024 * 1024)
    })

    test('a server that falls silent ends calls and streams with Unavailable, and little is read meanwhile', async () => {
      await using frozen = await behindProxy(server, { stall_ms: 1_000, call_ms: 2_000 })
      const { files, proxy } = frozen
      await files.put('large', streamOf(bytesOf(20 * 1024 * 1024)), NO_LIMIT)
      const reader = (await files.get('large'))?.getReader()
      await reader?.read()
      proxy.freeze()
      const chunk = bytesOf(64 * 1024)
      const source = new Source(Array.from({ length: 1_000 }, () => chunk))
      const rest = (async () => {
        while ((await reader?.read())?.done === false);
      })()
      const calls = [rest, files.get('large'), files.size('large'), files.health(), files.list(null, 10)]
      const put = files.put('stalled', source.stream, NO_LIMIT)
      const outcomes = await Promise.allSettled([...calls, put])
      expect(outcomes.map(outcome => outcome.status === 'rejected' && outcome.reason instanceof Unavailable)).toEqual(
        outcomes.map(() => true),
      )
      expect(source.read).toBeLessThanOrEqual(MAX_HELD_BYTES)
      expect(source.cancelled).toBe(true)
    })

    test('a store that refuses connections rejects with Unavailable until it accepts them again', async () => {
      await using refused = await behindProxy(server)
      const { files, proxy } = refused
      await files.put('kept', streamOf(bytesOf(10)), NO_LIMIT)
      proxy.refuse()
      expect(files.health()).rejects.toBeInstanceOf(Unavailable)
      expect(files.put('lost', streamOf(bytesOf(10)), NO_LIMIT)).rejects.toBeInstanceOf(Unavailable)
      await files.health().catch(() => undefined)
      proxy.allow()
      await files.health()
      expect(await read(files, 'kept')).toEqual(bytesOf(10))
    })
  })

  test('a reader that pauses longer than the server may be silent gets the rest', async () => {
    await using subject = await place(server)
    await using files = await openMinioFiles({ ...subject.options, stall_ms: 400 })
    const bytes = bytesOf(6 * 1024 * 1024)
    await files.put('large', streamOf(bytes), NO_LIMIT)
    const reader = (await files.get('large'))?.getReader()
    const read: Uint8Array[] = []
    for (let next = await reader?.read(); next?.done === false; next = await reader?.read())
      if (read.push(next.value) === 1) await pauseOf(1_000)
    expect(Buffer.concat(read).equals(bytes)).toBe(true)
  })

  test('two processes that start at once on a new bucket share it, and wrong credentials fail at once', async () => {
    await using subject = await place(server)
    const [here, there] = await Promise.all([subject.open(), subject.open()])
    await here.put('shared', streamOf(bytesOf(10)), NO_LIMIT)
    expect(await read(there, 'shared')).toEqual(bytesOf(10))
    const warnings: string[] = []
    const wrong = { ...subject.options, secret_key: 'wrong', warn: (message: string) => void warnings.push(message) }
    expect(openMinioFiles(wrong)).rejects.toThrow('signature')
    expect(warnings).toEqual([])
  })
}

/** What is tested here is a pause of this length. */
function pauseOf(ms: number): Promise<void> {
  const end = performance.now() + ms
  return until(() => performance.now() >= end, 'the pause to end')
}

if (access) suite(access)
else
  test.skip('the conformance of the MinIO adapter: S3_ENDPOINT is not set, there is no server to test against', () =>
    undefined)
