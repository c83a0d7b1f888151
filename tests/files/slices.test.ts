import { expect, test } from 'bun:test'
import { concatenate } from '../../src/files/concatenate.ts'
import { freed } from '../../src/files/freed.ts'
import { Slices } from '../../src/files/slices.ts'
import { bytesOf, chunksOf, Source, streamOf } from '../conformance/files/subject.ts'

const all = async (stream: ReadableStream<Uint8Array>) => new Uint8Array(await new Response(stream).arrayBuffer())

test('slices have the length that was asked for, whatever the chunks that arrive', async () => {
  const bytes = bytesOf(100_000)
  for (const chunk of [1_000, 7_777, 100_000]) {
    const slices = new Slices(streamOf(bytes, chunk))
    const cut: Uint8Array[] = []
    while (await slices.more()) cut.push(await all(slices.next(30_000)))
    expect(cut.map(({ byteLength }) => byteLength)).toEqual([30_000, 30_000, 30_000, 10_000])
    expect(Buffer.concat(cut).equals(bytes)).toBe(true)
    expect(slices.failure).toBeNull()
  }
})

test('a stream that fails ends its slice, keeps what has arrived, and is known to have failed', async () => {
  const bytes = bytesOf(50_000)
  const broken = new Error('cut')
  const slices = new Slices(new Source(chunksOf(bytes, 8_192), broken).stream)
  expect(await all(slices.next(30_000))).toEqual(bytes.slice(0, 30_000))
  expect(slices.failure).toBeNull()
  expect(await all(slices.next(30_000))).toEqual(bytes.slice(30_000))
  expect(await slices.more()).toBe(false)
  expect(slices.failure).toBe(broken)
})

test('slices read no further than one chunk beyond what is asked for, and close their stream', async () => {
  const source = new Source(chunksOf(bytesOf(1_000_000), 10_000))
  const slices = new Slices(source.stream)
  await all(slices.next(25_000))
  expect(source.read).toBe(30_000)
  await slices.close()
  expect(source.cancelled).toBe(true)
})

test('concatenated streams are opened one after the other, and an error of one is that of all', async () => {
  const opened: number[] = []
  const source = (index: number) => () => {
    opened.push(index)
    return streamOf(bytesOf(1_000, index))
  }
  const reader = concatenate([source(1), source(2), () => streamOf(new Uint8Array()), source(3)]).getReader()
  const first = await reader.read()
  expect([first.value, opened]).toEqual([bytesOf(1_000, 1), [1]])
  const rest: Uint8Array[] = []
  for (let next = await reader.read(); !next.done; next = await reader.read()) rest.push(next.value)
  expect(Buffer.concat(rest).equals(Buffer.concat([bytesOf(1_000, 2), bytesOf(1_000, 3)]))).toBe(true)
  const failing = concatenate([source(4), () => Promise.reject(new Error('missing'))])
  expect(all(failing)).rejects.toThrow('missing')
})

test('the memory of a chunk is freed when the next one is asked for, unless it is a piece of a larger one', async () => {
  const [whole, buffer] = [bytesOf(1_000), bytesOf(3_000)]
  const source = new Source([whole, buffer.subarray(0, 1_000), bytesOf(1_000)])
  const reader = freed(source.stream).getReader()
  expect((await reader.read()).value).toEqual(bytesOf(1_000))
  expect(whole.byteLength).toBe(1_000)
  await reader.read()
  expect(whole.byteLength).toBe(0)
  await reader.read()
  expect(buffer).toEqual(bytesOf(3_000))
  await reader.cancel()
  expect(source.cancelled).toBe(true)
})
