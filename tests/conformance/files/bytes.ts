import { expect, test } from 'bun:test'
import { bytesOf, chunksOf, NO_LIMIT, read, sha256, Source, storedOf, streamOf, type Subjects } from './subject.ts'

const id = () => crypto.randomUUID()
/** More than two parts of a multipart upload, and not a multiple of anything. */
const LARGE = 11 * 1024 * 1024 + 12_345

export function bytesConformance(subjects: Subjects): void {
  test('bytes of every length are given back as they were put, with their size and hash', async () => {
    await using place = await subjects()
    await using files = await place.open()
    for (const length of [0, 1, 65_536, 65_537, 5 * 1024 * 1024, LARGE]) {
      const [name, bytes] = [id(), bytesOf(length)]
      expect(await files.put(name, streamOf(bytes), NO_LIMIT)).toEqual(storedOf(bytes))
      expect(await files.size(name)).toBe(length)
      expect(sha256(await read(files, name))).toBe(sha256(bytes))
    }
  })

  test('the memory of a chunk may be used again when the next one is asked for', async () => {
    await using place = await subjects()
    await using files = await place.open()
    const [name, bytes, memory] = [id(), bytesOf(LARGE), new Uint8Array(64 * 1024)]
    function* again() {
      for (const chunk of chunksOf(bytes, memory.byteLength)) {
        memory.set(chunk)
        yield memory.subarray(0, chunk.byteLength)
      }
    }
    expect(await files.put(name, new Source(again()).stream, NO_LIMIT)).toEqual(storedOf(bytes))
    expect(sha256(await read(files, name))).toBe(sha256(bytes))
  })

  test('a range gives its bytes, as far as there are any, also across parts', async () => {
    await using place = await subjects()
    await using files = await place.open()
    const [name, bytes] = [id(), bytesOf(LARGE)]
    await files.put(name, streamOf(bytes), NO_LIMIT)
    const part = 5 * 1024 * 1024
    const ranges: [start: number, end: number][] = [
      [0, 0],
      [0, 99],
      [part - 10, part + 10],
      [LARGE - 1, LARGE - 1],
      [LARGE - 5, LARGE + 1_000],
      [LARGE, LARGE + 10],
      [LARGE + 5, LARGE + 10],
    ]
    for (const [start, end] of ranges)
      expect(await read(files, name, { start, end })).toEqual(bytes.slice(start, end + 1))
  })

  test('under an unknown id nothing is found, and deleting is idempotent', async () => {
    await using place = await subjects()
    await using files = await place.open()
    const name = id()
    expect(await files.get(name)).toBeNull()
    expect(await files.get(name, { start: 0, end: 9 })).toBeNull()
    expect(await files.size(name)).toBeNull()
    await files.delete(name)
    await files.put(name, streamOf(bytesOf(10)), NO_LIMIT)
    await files.delete(name)
    await files.delete(name)
    expect(await files.get(name)).toBeNull()
    expect(await files.size(name)).toBeNull()
    expect(await files.list(null, 10)).toEqual([])
  })

  test('what exceeds the limit is not stored, and is read no further than the limit requires', async () => {
    await using place = await subjects()
    await using files = await place.open()
    const chunk = bytesOf(64 * 1024)
    function* endless() {
      for (;;) yield chunk
    }
    for (const max_bytes of [0, 10, 100_000, 6 * 1024 * 1024]) {
      const [name, source] = [id(), new Source(endless())]
      expect(await files.put(name, source.stream, { max_bytes })).toBe('too_large')
      expect(source.read).toBeLessThanOrEqual(max_bytes + chunk.byteLength)
      expect(source.cancelled).toBe(true)
      expect(await files.get(name)).toBeNull()
    }
    const exact = bytesOf(100_000)
    expect(await files.put(id(), streamOf(exact), { max_bytes: 100_000 })).toEqual(storedOf(exact))
    expect(await place.leftovers()).toBe(0)
  })

  test('a second put replaces the bytes as a whole, and concurrent puts leave those of one', async () => {
    await using place = await subjects()
    await using files = await place.open()
    const name = id()
    await files.put(name, streamOf(bytesOf(200_000, 1)), NO_LIMIT)
    await files.put(name, streamOf(bytesOf(100, 2)), NO_LIMIT)
    expect(await read(files, name)).toEqual(bytesOf(100, 2))
    const candidates = [3, 4, 5, 6].map(seed => bytesOf(150_000 + seed, seed))
    await Promise.all(candidates.map(bytes => files.put(name, streamOf(bytes), NO_LIMIT)))
    expect(candidates.map(sha256)).toContain(sha256(await read(files, name)))
    expect(await files.list(null, 10)).toHaveLength(1)
  })

  test('the list names every id once, in pages, with size and age', async () => {
    await using place = await subjects()
    await using files = await place.open()
    const before = Date.now()
    const names: string[] = Array.from({ length: 25 }, id)
    for (const [index, name] of names.entries()) await files.put(name, streamOf(bytesOf(index)), NO_LIMIT)
    const seen = []
    for (let page = await files.list(null, 10); page.length > 0; page = await files.list(page.at(-1)?.id ?? '', 10)) {
      expect(page.length).toBeLessThanOrEqual(10)
      seen.push(...page)
    }
    expect(seen.map(({ id }) => id)).toEqual([...names].sort())
    for (const { id, size, stored_at } of seen) {
      expect(size).toBe(names.indexOf(id))
      // Stores may round to seconds, and may be another machine's.
      expect(Math.abs(Date.parse(stored_at) - before)).toBeLessThan(60_000)
    }
  })

  test('ids that are no safe names are refused', async () => {
    await using place = await subjects()
    await using files = await place.open()
    for (const name of ['', '..', '../secret', 'a/b', 'ab', '.hidden', 'ABCDEF', 'a\0bc', 'name ', 'a'.repeat(200)]) {
      expect(files.put(name, streamOf(bytesOf(1)), NO_LIMIT)).rejects.toThrow('not allowed')
      expect(files.get(name)).rejects.toThrow('not allowed')
      expect(files.size(name)).rejects.toThrow('not allowed')
      expect(files.delete(name)).rejects.toThrow('not allowed')
    }
    expect(await files.list(null, 10)).toEqual([])
  })
}
