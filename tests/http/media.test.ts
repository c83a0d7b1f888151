import { expect, test } from 'bun:test'
import { ANY_MEDIA } from '../../contracts/kit.ts'
import { preferredMedia } from '../../src/http/media.ts'

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'

test('an Accept header chooses between JSON and the other types of an operation', () => {
  const csv = (accept: string | null) => preferredMedia(accept, ['text/csv'])
  for (const accept of [
    null,
    '',
    '*/*',
    'application/json',
    'text/csv;q=0.5, application/json',
    'text/*, application/*',
    BROWSER,
    'text/csv;q=nonsense',
    'image/png',
  ])
    expect([accept, csv(accept)]).toEqual([accept, null])
  for (const accept of [
    'text/csv',
    'TEXT/CSV; charset=utf-8',
    'application/json;q=0.9, text/csv',
    'text/*, application/json;q=0.1',
    'text/csv, */*;q=0.1',
  ])
    expect([accept, csv(accept)]).toEqual([accept, 'text/csv'])
})

test('an Accept header that prefers any type to JSON gets bytes of any type', () => {
  const any = (accept: string | null) => preferredMedia(accept, [ANY_MEDIA])
  for (const accept of [null, '*/*', 'application/json', 'application/json, image/png', 'application/*'])
    expect([accept, any(accept)]).toEqual([accept, null])
  for (const accept of [
    'image/png',
    'application/octet-stream',
    BROWSER,
    'image/*,*/*;q=0.5',
    'application/json;q=0.5, */*',
  ])
    expect([accept, any(accept)]).toEqual([accept, ANY_MEDIA])
})
