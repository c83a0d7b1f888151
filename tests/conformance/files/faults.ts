import { expect, test } from 'bun:test'
import { readdir } from 'node:fs/promises'
import { until } from '../../support/until.ts'
import { bytesOf, chunksOf, NO_LIMIT, read, Source, streamOf, type Subjects } from './subject.ts'

const id = () => crypto.randomUUID()
const DAY_MS = 24 * 60 * 60 * 1000

export function faultConformance(subjects: Subjects): void {
  test('a put whose stream fails throws that error, and leaves nothing', async () => {
    await using place = await subjects()
    await using files = await place.open()
    for (const length of [0, 100_000, 6 * 1024 * 1024]) {
      const [name, broken] = [id(), new Error('the client is gone')]
      const source = new Source(chunksOf(bytesOf(length), 64 * 1024), broken)
      expect(files.put(name, source.stream, NO_LIMIT)).rejects.toBe(broken)
      expect(await files.get(name)).toBeNull()
    }
    await until(async () => (await place.leftovers()) === 0, 'the bytes to be removed')
    expect(await files.list(null, 10)).toEqual([])
  })

  test('a put is found by nobody until it resolves, and not at all if it is aborted while its stream waits', async () => {
    await using place = await subjects()
    await using files = await place.open()
    for (const length of [0, 100_000, 6 * 1024 * 1024]) {
      const name = id()
      const abort = new AbortController()
      const source = new Source(chunksOf(bytesOf(length), 64 * 1024), 'waits')
      const put = files.put(name, source.stream, { ...NO_LIMIT, signal: abort.signal })
      await until(() => source.read === length, 'everything to be read')
      expect([await files.get(name), await files.size(name), await files.list(null, 10)]).toEqual([null, null, []])
      const reason = new Error('nobody waits for it')
      abort.abort(reason)
      expect(put).rejects.toBe(reason)
      await until(() => source.cancelled, 'the stream to be cancelled')
      expect(await files.get(name)).toBeNull()
    }
    await until(async () => (await place.leftovers()) === 0, 'the bytes to be removed')
    const aborted = new Source([bytesOf(10)])
    const never = { ...NO_LIMIT, signal: AbortSignal.abort(new Error('too late')) }
    expect(files.put(id(), aborted.stream, never)).rejects.toThrow('too late')
  })

  test('a stream that is left half read holds no file open', async () => {
    await using place = await subjects()
    await using files = await place.open()
    const name = id()
    await files.put(name, streamOf(bytesOf(6 * 1024 * 1024)), NO_LIMIT)
    await read(files, name)
    const before = await openFiles()
    for (let time = 0; time < 20; time += 1) {
      const reader = (await files.get(name))?.getReader()
      await reader?.read()
      await reader?.cancel()
    }
    await until(async () => (await openFiles()) <= before + 2, 'the files to be closed')
  })

  test('bytes that are deleted while they are read are given whole, or the stream fails', async () => {
    await using place = await subjects()
    await using files = await place.open()
    const [name, bytes] = [id(), bytesOf(6 * 1024 * 1024)]
    await files.put(name, streamOf(bytes), NO_LIMIT)
    const reader = (await files.get(name))?.getReader()
    const read: Uint8Array[] = []
    const whole = (async () => {
      for (;;) {
        const next = await reader?.read()
        if (next === undefined || next.done) return Buffer.concat(read).equals(bytes)
        if (read.push(next.value) === 1) await files.delete(name)
      }
    })()
    expect(await whole.catch(() => 'failed')).not.toBe(false)
  })

  test('a put that ends with its process leaves nothing to be found, and what it has left is swept a day later', async () => {
    await using place = await subjects()
    const [first, second] = [id(), id()]
    const program = `${place.program}
      import { bytesOf, chunksOf, NO_LIMIT, Source, streamOf } from '${import.meta.dir}/subject.ts'
      const files = await open()
      await files.put('${first}', streamOf(bytesOf(1000)), NO_LIMIT)
      const source = new Source(chunksOf(bytesOf(6 * 1024 * 1024), 65_536), 'waits')
      void files.put('${second}', source.stream, NO_LIMIT)
      const timer = setInterval(() => {
        if (source.read === 6 * 1024 * 1024) console.log('written')
      }, 5)`
    const child = Bun.spawn([process.execPath, '-e', program], { stdout: 'pipe', stderr: 'inherit' })
    const output = child.stdout.getReader()
    expect(new TextDecoder().decode((await output.read()).value)).toStartWith('written')
    await using files = await place.open()
    await until(async () => (await place.leftovers()) === 1, 'the put to be stored in part')
    await files.sweep(new Date())
    expect(await place.leftovers()).toBe(1)
    child.kill('SIGKILL')
    await child.exited
    expect(await files.get(second)).toBeNull()
    expect(await read(files, first)).toEqual(bytesOf(1000))
    expect((await files.list(null, 10)).map(({ id }) => id)).toEqual([first])
    await files.sweep(new Date(Date.now() + 2 * DAY_MS))
    expect(await place.leftovers()).toBe(0)
    expect((await files.list(null, 10)).map(({ id }) => id)).toEqual([first])
  })

  test('a store that can be used is healthy', async () => {
    await using place = await subjects()
    await using files = await place.open()
    await files.health()
    expect(await place.leftovers()).toBe(0)
  })
}

async function openFiles(): Promise<number> {
  return (await readdir('/proc/self/fd')).length
}
