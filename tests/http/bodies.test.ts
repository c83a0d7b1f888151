import { describe, expect, test } from 'bun:test'
import { AppError } from '../../contracts/errors.ts'
import { openForm } from '../../src/http/form.ts'
import { streamedBody } from '../../src/http/streamed-body.ts'

const MIB = 1024 * 1024

/** The code of the failure, and the fields that it names. */
async function failureOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (!(error instanceof AppError)) throw new Error(`expected a refusal, got ${String(error)}`)
  return [error.code, ...(error.details.errors ?? []).map(({ path }) => path)].join(' ')
}

const bodyOf = (request: Request, body_seconds = 5) => streamedBody(request, { body_seconds, onChunk: () => {} })
const post = (body: BodyInit, headers: Record<string, string> = {}) =>
  new Request('http://localhost/', { method: 'POST', body, headers })

describe('a streamed body', () => {
  test('a streamed body gives the bytes as they are, and counts its chunks', async () => {
    let chunks = 0
    const body = streamedBody(post('hello'), { body_seconds: 5, onChunk: () => (chunks += 1) })
    expect(await new Response(body).text()).toBe('hello')
    expect(chunks).toBeGreaterThan(0)
  })

  test('a streamed body that stalls is 408, and one that goes on slowly is not', async () => {
    const slow = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await Bun.sleep(50)
        controller.enqueue(new Uint8Array(1))
        if ((sent += 1) === 12) controller.close()
      },
    })
    let sent = 0
    // 600 ms in all with at most 500 ms for each chunk.
    expect((await new Response(bodyOf(post(slow), 0.5)).bytes()).length).toBe(12)
    const stalled = new ReadableStream<Uint8Array>({ start: controller => controller.enqueue(new Uint8Array(1)) })
    expect(await failureOf(new Response(bodyOf(post(stalled), 0.05)).bytes())).toBe('request_timeout')
  })

  test('a streamed body that breaks off is 400, and a compressed one 415', async () => {
    const broken = new ReadableStream<Uint8Array>({ pull: controller => controller.error(new Error('reset')) })
    expect(await failureOf(new Response(bodyOf(post(broken))).bytes())).toBe('malformed')
    const packed = post('x', { 'content-encoding': 'gzip' })
    expect(await failureOf(new Response(bodyOf(packed)).bytes())).toBe('unsupported_media_type')
  })
})

/** A form with these parts, in this order. */
function form(...parts: [name: string, value: string | File][]): Request {
  const data = new FormData()
  for (const [name, value] of parts) data.append(name, value)
  return post(data)
}
const open = (request: Request) => openForm(request.headers, bodyOf(request))
const file = (content: string, name = 'a.txt') => new File([content], name)

describe('a form', () => {
  test('a form gives the fields before its file, the file, and the fields after it', async () => {
    const opened = await open(form(['a', '1'], ['file', file('hello', 'Grüße 🎉.txt')], ['b', '2']))
    expect(opened.fields).toEqual({ a: '1' })
    expect(opened.file?.name).toBe('Grüße 🎉.txt')
    expect(await new Response(opened.file?.bytes).text()).toBe('hello')
    expect(await opened.rest()).toEqual({ b: '2' })
  })

  test('a form without a file has all its fields at once', async () => {
    const opened = await open(form(['a', '1'], ['b', '2']))
    expect([opened.fields, opened.file]).toEqual([{ a: '1', b: '2' }, null])
  })

  test('a form that is not one, is malformed, or breaks off is refused', async () => {
    expect(await failureOf(open(post('{}', { 'content-type': 'application/json' })))).toBe('unsupported_media_type')
    expect(await failureOf(open(post('x', { 'content-type': 'multipart/form-data' })))).toBe('malformed')
    expect(await failureOf(open(post('no parts', { 'content-type': 'multipart/form-data; boundary=x' })))).toBe(
      'malformed',
    )
    const cut = '--x\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nhalf of it'
    const opened = await open(post(cut, { 'content-type': 'multipart/form-data; boundary=x' }))
    expect(await failureOf(new Response(opened.file?.bytes).text())).toBe('malformed')
    expect(await failureOf(opened.rest())).toBe('malformed')
  })

  test('a form with a second file, a field twice, too many or too long ones is 422', async () => {
    expect(await failureOf(open(form(['other', file('x')])))).toBe('validation_failed other')
    expect(await failureOf(open(form(['a', '1'], ['a', '2'], ['file', file('x')])))).toBe('validation_failed a')
    expect(await failureOf(open(form(['a', 'x'.repeat(20_000)], ['file', file('x')])))).toBe('validation_failed a')
    const many = Array.from({ length: 20 }, (_, index): [string, string] => [`f${index}`, '1'])
    expect(await failureOf(open(form(...many)))).toStartWith('validation_failed')
    const twice = await open(form(['file', file('x')], ['file', file('y')]))
    expect(await failureOf(new Response(twice.file?.bytes).text().then(() => twice.rest()))).toBe(
      'validation_failed file',
    )
  })

  test('a form reads its file no faster than the handler does', async () => {
    let given = 0
    const head = new TextEncoder().encode('--x\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n')
    const endless = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          controller.enqueue(given === 0 ? head : new Uint8Array(65_536))
          given += 65_536
        },
      },
      { highWaterMark: 0 },
    )
    const opened = await openForm(new Headers({ 'content-type': 'multipart/form-data; boundary=x' }), endless)
    if (!opened.file) throw new Error('no file')
    const reader = opened.file.bytes.getReader()
    let taken = 0
    while (taken < 16 * MIB) {
      const { value } = await reader.read()
      if (!value) throw new Error('the file has ended')
      taken += value.length
    }
    // What lies between: the file's buffer, the parser's, and the chunk in hand.
    expect(given - taken).toBeLessThan(MIB / 2)
    opened.close()
    const stopped = given
    await Bun.sleep(0)
    expect(given).toBeLessThanOrEqual(stopped + 65_536)
  })
})
