import { expect, test } from 'bun:test'
import * as fc from 'fast-check'
import { nameOf, nextPart, PART_BYTES, parseMetadata, withPart, type UploadRecord } from '../../src/domain/uploads.ts'

const NOW = new Date('2026-11-24T09:30:00.000Z')
const MIB = 1024 * 1024

function uploadOf(length: number): UploadRecord {
  return {
    id: 'upload',
    user_id: 'ada',
    metadata: '',
    length,
    offset: 0,
    parts: [],
    claimed_until: null,
    finished: false,
    created_at: NOW.toISOString(),
    expires_at: NOW.toISOString(),
  }
}

test('parts that arrive in pieces of any size add up, and are few', () => {
  const pieces = fc.array(fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 20 * MIB })), {
    minLength: 1,
    maxLength: 200,
  })
  fc.assert(
    fc.property(pieces, pieces => {
      const length = pieces.reduce((sum, piece) => sum + piece, 0)
      let upload = uploadOf(length)
      let made = 0
      for (const piece of pieces)
        for (let left = piece; left > 0;) {
          const { merged, room } = nextPart(upload)
          const taken = Math.min(left, room)
          made += 1
          upload = withPart(upload, { id: `part ${made}`, size: taken + (merged?.size ?? 0) }, merged, NOW)
          left -= taken
        }
      expect(upload.offset).toBe(length)
      expect(upload.parts.reduce((sum, { size }) => sum + size, 0)).toBe(length)
      expect(new Set(upload.parts.map(({ id }) => id)).size).toBe(upload.parts.length)
      expect(Math.max(...upload.parts.map(({ size }) => size))).toBeLessThanOrEqual(PART_BYTES)
      expect(upload.parts.length).toBeLessThanOrEqual(1 + length / MIB)
    }),
    { numRuns: 50 },
  )
})

test('no part holds more than what is left of the upload', () => {
  expect(nextPart(uploadOf(10))).toEqual({ merged: null, room: 10 })
  expect(nextPart(uploadOf(3 * PART_BYTES))).toEqual({ merged: null, room: PART_BYTES })
})

test('metadata is a list of keys with values in Base64', () => {
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  expect(parseMetadata('')).toEqual(new Map())
  expect(parseMetadata(`filename ${base64('報告 🙂.txt')},is_confidential`)).toEqual(
    new Map([
      ['filename', '報告 🙂.txt'],
      ['is_confidential', ''],
    ]),
  )
  expect(parseMetadata(`a ${base64('1')}, b ${base64('2')}`)?.get('b')).toBe('2')
  for (const wrong of ['a b c', 'a %%%', ',', 'a MQ==,a MQ==', 'a MQ==,', 'é MQ==', `a ${'A'.repeat(5_000)}`])
    expect([wrong.slice(0, 20), parseMetadata(wrong)]).toEqual([wrong.slice(0, 20), null])
})

test('a file is called what the metadata says, by either of the usual keys', () => {
  expect(nameOf({ ...uploadOf(1), metadata: 'filename Zm9v' })).toBe('foo')
  expect(nameOf({ ...uploadOf(1), metadata: 'name YmFy' })).toBe('bar')
  expect(nameOf(uploadOf(1))).toBe('')
})
