import { describe, expect, test } from 'bun:test'
import type { File as FileEntity } from '../../contracts/entities.ts'
import { directOf, groupOf, refused, register, say, withRole, type Person } from '../support/people.ts'
import { png } from '../support/images.ts'
import { sharedServer, startTestServer } from '../support/server.ts'
import { shared } from '../support/shared.ts'
import { transportsOf } from '../support/transports.ts'
import { openSocket } from '../support/socket.ts'

const server = sharedServer({ settings: { PARLEY_MAX_UPLOAD_MB: '1' } })
const people = shared(async () => ({
  ada: await register(server, 'ada'),
  bob: await register(server, 'bob'),
  cy: await register(server, 'cy'),
}))
const MIB = 1024 * 1024

const picture = (width: number, height: number) => new Uint8Array(png(width, height))
const textFile = (content = 'hello', name = 'notes.txt') => new File([content], name)
const upload = (person: Person, file = textFile()): Promise<FileEntity> => person.client.files.upload({ file })

/** A request for the bytes of a file, as a browser makes it. */
function fetchFile(
  person: Person,
  id: string,
  { query = 'download=1', ...init }: RequestInit & { query?: string } = {},
) {
  const headers = { authorization: `Bearer ${person.access_token}`, ...(init.headers as Record<string, string>) }
  return fetch(`${server.url}/files/${id}${query && `?${query}`}`, { ...init, headers })
}

/** A form as a client sends it that writes it by hand. */
function post(person: Person, body: BodyInit, headers: Record<string, string> = {}) {
  return fetch(`${server.url}/upload`, {
    method: 'POST',
    headers: { authorization: `Bearer ${person.access_token}`, ...headers },
    body,
  })
}
const code = async (response: Response) => ((await response.json()) as { code: string }).code

describe('an upload', () => {
  test('an upload answers what the content is, not what the client says', async () => {
    const { ada } = people()
    const named = new File([picture(40, 30)], '../../café.txt', { type: 'text/html' })
    const file = await upload(ada, named)
    expect(file).toMatchObject({ name: 'café.txt', content_type: 'image/png', width: 40, height: 30, thumbnail: true })
    expect(file.sha256).toBe(new Bun.CryptoHasher('sha256').update(png(40, 30)).digest('hex'))
    const text = await upload(ada)
    expect(text).toMatchObject({ content_type: 'text/plain', size: 5, width: null, height: null, thumbnail: false })
    expect(await ada.client.files.get({ file_id: text.id })).toEqual(text)
  })

  test('an upload that is empty, too large, or no form with a file is refused', async () => {
    const { ada } = people()
    expect(await refused(upload(ada, textFile('')), 'validation_failed')).toMatchObject({
      errors: [{ path: 'file', message: 'is empty' }],
    })
    await refused(upload(ada, new File([new Uint8Array(MIB + 1)], 'a')), 'too_large')
    expect((await upload(ada, new File([new Uint8Array(MIB)], 'a'))).size).toBe(MIB)
    // Without a length, as a stream of unknown size.
    let sent = 0
    const head = '--x\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n'
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(sent === 0 ? new TextEncoder().encode(head) : new Uint8Array(65_536))
        sent += 65_536
      },
    })
    const form = { 'content-type': 'multipart/form-data; boundary=x' }
    const answer = await post(ada, endless, form)
    expect([answer.status, answer.headers.get('connection')?.toLowerCase()]).toEqual([413, 'close'])
    // Refused while it was read.
    expect(sent).toBeLessThan(16 * MIB)
    expect((await post(ada, '{}', { 'content-type': 'application/json' })).status).toBe(415)
    const without = new FormData()
    without.append('conversation_id', crypto.randomUUID())
    expect(await code(await post(ada, without))).toBe('validation_failed')
    expect(await code(await post(ada, 'nonsense', form))).toBe('malformed')
    expect((await fetch(`${server.url}/upload`, { method: 'POST', body: new FormData() })).status).toBe(401)
  })

  test('an upload for a conversation is refused where the caller could not send', async () => {
    const { ada, bob, cy } = people()
    const { id } = await groupOf(ada, [bob])
    const formOf = (...fields: [string, string | File][]) => {
      const form = new FormData()
      for (const [name, value] of fields) form.append(name, value)
      return form
    }
    // The field before the file, and after it, as some clients send it.
    for (const fields of [
      [['conversation_id', id] as const, ['file', textFile()] as const],
      [['file', textFile()] as const, ['conversation_id', id] as const],
    ]) {
      const form = () => formOf(...fields.map(([name, value]): [string, string | File] => [name, value]))
      expect((await post(bob, form())).status).toBe(201)
      expect((await post(cy, form())).status).toBe(404)
    }
    const root = await withRole(server, 'ADMIN')
    await refused(root.client.files.upload({ file: textFile(), conversation_id: id }), 'forbidden')
    await ada.client.conversations.update({ conversation_id: id, disabled: true })
    await refused(bob.client.files.upload({ file: textFile(), conversation_id: id }), 'conversation_disabled')
    const late = await post(bob, formOf(['file', textFile()], ['unknown', 'x']))
    expect(await code(late)).toBe('validation_failed')
  })

  test('uploads of a user never take more than the quota, also when 50 come at once', async () => {
    await using small = await startTestServer({ settings: { PARLEY_USER_QUOTA_MB: '1' } })
    const dora = await register(small, 'dora')
    const part = new Uint8Array(MIB / 8)
    const raced = await Promise.allSettled(
      Array.from({ length: 50 }, (_, index) => dora.client.files.upload({ file: new File([part], `${index}`) })),
    )
    const kept = raced.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []))
    expect(kept).toHaveLength(8)
    for (const each of raced)
      if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'quota_exceeded' })
    await refused(dora.client.files.upload({ file: textFile() }), 'quota_exceeded')
    await dora.client.files.delete({ file_id: kept[0]?.id ?? '' })
    await dora.client.files.upload({ file: textFile() })
    // What was refused has left no bytes: one file less, and one small one.
    expect(await small.running.files.list(null, 100)).toHaveLength(8)
  })
})

describe('the bytes of a file', () => {
  test('the bytes of a file come with headers that let a browser run nothing', async () => {
    const { ada } = people()
    const evil = await upload(ada, textFile('<script>alert(1)</script>', 'Grüße "1".html'))
    const answer = await fetchFile(ada, evil.id)
    expect(await answer.text()).toBe('<script>alert(1)</script>')
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-length': '25',
      'content-disposition': `attachment; filename="Gr__e _1_.html"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%221%22.html`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'cross-origin-resource-policy': 'same-origin',
      'accept-ranges': 'bytes',
      'cache-control': 'private, no-cache',
      etag: `"${evil.sha256}"`,
    })
    const image = await upload(ada, new File([picture(4, 3)], 'a.png'))
    const shown = await fetchFile(ada, image.id)
    expect(shown.headers.get('content-disposition')).toStartWith('inline')
    expect(Buffer.from(await shown.arrayBuffer()).equals(png(4, 3))).toBe(true)
  })

  test('the bytes of a file are chosen by Accept as well, and JSON is the default', async () => {
    const { ada } = people()
    const { id } = await upload(ada)
    const typeFor = async (accept: string) =>
      (await fetchFile(ada, id, { query: '', headers: { accept } })).headers.get('content-type')
    expect(await typeFor('*/*')).toBe('application/json')
    expect(await typeFor('application/json')).toBe('application/json')
    expect(await typeFor('image/avif,image/webp,*/*;q=0.8')).toBe('text/plain; charset=utf-8')
    expect((await fetchFile(ada, id, { query: 'download=0' })).headers.get('content-type')).toBe('application/json')
  })

  test('the bytes of a file are not carried by tRPC or the socket, which answer JSON', async () => {
    const { ada } = people()
    const file = await upload(ada)
    const { trpc, socket } = transportsOf(server.url)
    for (const transport of [trpc, socket]) {
      expect((await transport('files.get', { file_id: file.id }, ada.access_token)).body).toEqual(file)
      const refusal = await transport('files.get', { file_id: file.id, download: true }, ada.access_token)
      expect(refusal.body).toMatchObject({ code: 'validation_failed', errors: [{ path: 'download' }] })
      expect((await socket('files.upload', {}, ada.access_token)).body).toMatchObject({ code: 'not_found' })
    }
  })

  test('the bytes of a file are sent in ranges', async () => {
    const { ada } = people()
    const { id, sha256 } = await upload(ada, textFile('0123456789'))
    const range = async (value: string, more: Record<string, string> = {}) => {
      const answer = await fetchFile(ada, id, { headers: { range: value, ...more } })
      return [
        answer.status,
        answer.headers.get('content-range'),
        answer.status < 400 ? await answer.text() : await code(answer),
      ]
    }
    expect(await range('bytes=0-3')).toEqual([206, 'bytes 0-3/10', '0123'])
    expect(await range('bytes=7-')).toEqual([206, 'bytes 7-9/10', '789'])
    expect(await range('bytes=-2')).toEqual([206, 'bytes 8-9/10', '89'])
    expect(await range('bytes=-99')).toEqual([206, 'bytes 0-9/10', '0123456789'])
    expect(await range('bytes=8-99')).toEqual([206, 'bytes 8-9/10', '89'])
    for (const wrong of ['bytes=10-', 'bytes=99-100', 'bytes=-0'])
      expect(await range(wrong)).toEqual([416, 'bytes */10', 'range_not_satisfiable'])
    for (const ignored of ['bytes=5-2', 'lines=0-1', 'bytes=0-1,3-4', 'bytes=-', 'bytes=x-1'])
      expect(await range(ignored)).toEqual([200, null, '0123456789'])
    expect(await range('bytes=0-0', { 'if-range': `"${sha256}"` })).toEqual([206, 'bytes 0-0/10', '0'])
    expect(await range('bytes=0-0', { 'if-range': '"other"' })).toEqual([200, null, '0123456789'])
  })

  test('the bytes of a file that the client has are not sent again, and HEAD sends none', async () => {
    const { ada } = people()
    const { id, sha256 } = await upload(ada)
    for (const known of [`"${sha256}"`, `W/"${sha256}"`, `"x", "${sha256}"`, '*']) {
      const answer = await fetchFile(ada, id, { headers: { 'if-none-match': known } })
      expect([answer.status, answer.headers.get('etag'), await answer.text()]).toEqual([304, `"${sha256}"`, ''])
    }
    expect((await fetchFile(ada, id, { headers: { 'if-none-match': '"x"' } })).status).toBe(200)
    const large = await upload(ada, new File([new Uint8Array(MIB)], 'large'))
    const whole = await fetchFile(ada, large.id, { method: 'HEAD' })
    expect([whole.status, whole.headers.get('content-length')]).toEqual([200, String(MIB)])
    expect((await (await fetchFile(ada, large.id)).bytes()).length).toBe(MIB)
    const head = await fetchFile(ada, id, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '5', ''])
    const part = await fetchFile(ada, id, { method: 'HEAD', headers: { range: 'bytes=1-2' } })
    expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 1-2/5'])
    expect((await fetchFile(ada, crypto.randomUUID(), { method: 'HEAD' })).status).toBe(404)
  })

  test('a thumbnail is a small picture without what the file says besides', async () => {
    const { ada } = people()
    const { id, sha256 } = await upload(ada, new File([picture(1_200, 600)], 'a.png'))
    const answer = await fetchFile(ada, id, { query: 'thumbnail=1' })
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/webp'])
    expect(answer.headers.get('etag')).toBe(`"${sha256}-thumbnail"`)
    const { width, height } = await new Bun.Image(await answer.bytes()).metadata()
    expect([width, height]).toEqual([512, 256])
    expect((await fetchFile(ada, (await upload(ada)).id, { query: 'thumbnail=1' })).status).toBe(404)
  })
})

describe('who sees a file', () => {
  test('a file is private until a message refers to it, and seen by its members as long as it does', async () => {
    const { ada, bob, cy } = people()
    const { id: conversation_id } = await groupOf(ada, [bob])
    const file = await upload(ada)
    const see = (person: Person) => person.client.files.get({ file_id: file.id })
    await refused(see(bob), 'not_found')
    expect((await fetchFile(bob, file.id)).status).toBe(404)
    const message = await ada.client.messages.send({ conversation_id, attachments: [{ file_id: file.id }] })
    expect(await see(bob)).toEqual(file)
    expect((await fetchFile(bob, file.id)).status).toBe(200)
    await refused(see(cy), 'not_found')
    await ada.client.groups.addMembers({ conversation_id, user_ids: [cy.id] })
    await see(cy)
    await ada.client.groups.removeMember({ conversation_id, user_id: bob.id })
    await refused(see(bob), 'not_found')
    await ada.client.messages.delete({ message_id: message.id })
    await refused(see(cy), 'not_found')
    await see(ada)
  })

  test('a file can be sent on by those who see it, and by nobody else', async () => {
    const { ada, bob, cy } = people()
    const { id: conversation_id } = await groupOf(ada, [bob])
    const file = await upload(ada)
    const { id: other } = await groupOf(bob, [cy])
    const send = (person: Person, room: string) =>
      person.client.messages.send({ conversation_id: room, attachments: [{ file_id: file.id }] })
    expect((await refused(send(bob, other), 'validation_failed')).errors).toEqual([
      { path: 'attachments.0.file_id', message: 'is no file of yours' },
    ])
    const first = await send(ada, conversation_id)
    await send(bob, other)
    expect(await cy.client.files.get({ file_id: file.id })).toEqual(file)
    await ada.client.messages.delete({ message_id: first.id })
    expect(await cy.client.files.get({ file_id: file.id })).toEqual(file)
  })

  test('a file is seen by an ADMIN where a conversation shows it', async () => {
    const { ada } = people()
    const root = await withRole(server, 'ADMIN')
    const { id: conversation_id } = await groupOf(ada, [])
    const file = await upload(ada)
    await refused(root.client.files.get({ file_id: file.id }), 'not_found')
    await ada.client.messages.send({ conversation_id, attachments: [{ file_id: file.id }] })
    expect(await root.client.files.get({ file_id: file.id })).toEqual(file)
  })
})

describe('deleting a file', () => {
  test('a file is deleted by its uploader while nothing refers to it', async () => {
    const { ada, bob } = people()
    const { id: conversation_id } = await groupOf(ada, [bob])
    const { id: file_id } = await upload(ada)
    await refused(bob.client.files.delete({ file_id }), 'not_found')
    const message = await ada.client.messages.send({ conversation_id, attachments: [{ file_id }] })
    await refused(ada.client.files.delete({ file_id }), 'file_in_use')
    await refused(bob.client.files.delete({ file_id }), 'forbidden')
    await ada.client.messages.delete({ message_id: message.id })
    expect(await ada.client.files.delete({ file_id })).toBeNull()
    expect(await ada.client.files.delete({ file_id })).toBeNull()
    await refused(bob.client.files.delete({ file_id }), 'not_found')
    await refused(ada.client.files.get({ file_id }), 'not_found')
    expect(await server.running.files.size(file_id)).toBeNull()
    await refused(ada.client.messages.send({ conversation_id, attachments: [{ file_id }] }), 'validation_failed')
  })
})

describe('attachments', () => {
  test('a message shows its attachments, and has the type of the first unless it is given', async () => {
    const { ada, bob } = people()
    const { id: conversation_id } = await groupOf(ada, [bob])
    using socket = await openSocket(server.url, { token: bob.access_token })
    const image = await upload(ada, new File([picture(40, 30)], 'a.png'))
    const text = await upload(ada)
    const attachments = [{ file_id: image.id }, { file_id: text.id }]
    const message = await ada.client.messages.send({ conversation_id, attachments })
    expect(message).toMatchObject({ type: 'image', content: '' })
    const { id, name, content_type, size, width, height, thumbnail } = image
    expect(message.attachments[0]).toEqual({ file_id: id, name, content_type, size, width, height, thumbnail })
    expect(message.attachments[1]).toMatchObject({ file_id: text.id, content_type: 'text/plain' })
    expect(await bob.client.messages.get({ message_id: message.id })).toMatchObject({
      attachments: message.attachments,
    })
    const heard = await socket.find('event', frame => frame.event === 'message.created')
    expect(heard.data).toMatchObject({ type: 'image', attachments: message.attachments })
    const send = (input: object) => ada.client.messages.send({ conversation_id, ...input })
    expect((await send({ attachments: [{ file_id: text.id }] })).type).toBe('file')
    expect((await send({ attachments, type: 'text', content: 'both' })).type).toBe('text')
    // An edit keeps them; only with them a text may be empty.
    const edited = await ada.client.messages.update({ message_id: message.id, content: 'a cat' })
    expect(edited.attachments).toEqual(message.attachments)
    expect((await ada.client.messages.update({ message_id: message.id, content: '' })).content).toBe('')
    const plain = await say(ada, conversation_id, 'plain')
    await refused(ada.client.messages.update({ message_id: plain.id, content: '' }), 'validation_failed')
  })

  test('a message without text and attachments, or with too many of them, is refused', async () => {
    const { ada } = people()
    const { id: conversation_id } = await groupOf(ada, [])
    const { id: file_id } = await upload(ada)
    const wrong = async (input: object) =>
      (await refused(ada.client.messages.send({ conversation_id, ...input }), 'validation_failed')).errors.map(
        ({ path }) => path,
      )
    expect(await wrong({})).toEqual(['content'])
    expect(await wrong({ content: '', attachments: [] })).toEqual(['content'])
    expect(await wrong({ content: 'x', type: 'image' })).toEqual(['type'])
    expect(await wrong({ attachments: Array.from({ length: 11 }, () => ({ file_id })) })).toEqual(['attachments'])
    expect(await wrong({ attachments: [{ file_id: 'x' }] })).toEqual(['attachments.0.file_id'])
  })

  test('a repeated send has the same attachments, and is a repeat also when they are gone', async () => {
    const { ada } = people()
    const { id: conversation_id } = await groupOf(ada, [])
    const [one, two] = [await upload(ada), await upload(ada)]
    const send = (...files: FileEntity[]) =>
      ada.client.messages.send({
        conversation_id,
        client_id: 'c1',
        attachments: files.map(({ id: file_id }) => ({ file_id })),
      })
    const message = await send(one)
    expect(await send(one)).toEqual(message)
    await refused(send(two), 'client_id_reused')
    await refused(send(one, two), 'client_id_reused')
    await ada.client.messages.delete({ message_id: message.id })
    await ada.client.files.delete({ file_id: one.id })
    expect(await send(one)).toMatchObject({ id: message.id, attachments: [] })
  })

  test('a deleted message shows no attachments, also in the replay of its log', async () => {
    const { ada, bob } = people()
    const { id: conversation_id } = await directOf(ada, bob)
    const { id: file_id, name } = await upload(ada, textFile('secret', 'secret-plan.txt'))
    const { id: message_id } = await ada.client.messages.send({ conversation_id, attachments: [{ file_id }] })
    await ada.client.messages.update({ message_id, content: 'with a text' })
    await ada.client.messages.delete({ message_id })
    expect(await bob.client.messages.get({ message_id })).toMatchObject({
      content: null,
      attachments: [],
      type: 'file',
    })
    const entries = await server.running.storage.log.read(conversation_id, 0, 100)
    expect(entries.map(({ json }) => json).join()).not.toContain(name)
  })
})

describe('avatars', () => {
  test('an avatar of a user is an image that everybody sees', async () => {
    const { ada, cy } = people()
    const [face, notes] = [await upload(ada, new File([picture(8, 8)], 'me.png')), await upload(ada)]
    const set = (avatar_file_id: string | null) => ada.client.users.update({ user_id: 'me', avatar_file_id })
    expect((await refused(set(notes.id), 'validation_failed')).errors[0]?.message).toBe('is not an image')
    await refused(set(crypto.randomUUID()), 'validation_failed')
    await refused(cy.client.users.update({ user_id: 'me', avatar_file_id: face.id }), 'validation_failed')
    expect(await set(face.id)).toMatchObject({ avatar_file_id: face.id })
    expect((await cy.client.users.get({ user_id: ada.id })).avatar_file_id).toBe(face.id)
    expect((await fetchFile(cy, face.id)).status).toBe(200)
    await refused(ada.client.files.delete({ file_id: face.id }), 'file_in_use')
    expect(await set(null)).toMatchObject({ avatar_file_id: null })
    expect((await fetchFile(cy, face.id)).status).toBe(404)
    await ada.client.files.delete({ file_id: face.id })
  })

  test('an avatar of a group is an image that its members see', async () => {
    const { ada, bob, cy } = people()
    const { id: conversation_id } = await groupOf(ada, [bob])
    const face = await upload(ada, new File([picture(8, 8)], 'group.png'))
    const set = (avatar_file_id: string | null) => ada.client.conversations.update({ conversation_id, avatar_file_id })
    await refused(set((await upload(ada)).id), 'validation_failed')
    expect(await set(face.id)).toMatchObject({ avatar_file_id: face.id })
    expect([(await fetchFile(bob, face.id)).status, (await fetchFile(cy, face.id)).status]).toEqual([200, 404])
    await refused(ada.client.files.delete({ file_id: face.id }), 'file_in_use')
    const { id: pair } = await directOf(ada, bob)
    await refused(ada.client.conversations.update({ conversation_id: pair, avatar_file_id: face.id }), 'forbidden')
    await set(null)
    await ada.client.files.delete({ file_id: face.id })
  })
})

test('an export lists the files that the user has uploaded', async () => {
  const dora = await register(server, 'dora')
  const files = [await upload(dora), await upload(dora)].toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const exported: FileEntity[] = []
  for (let start: string | undefined; ;) {
    const page = await dora.client.users.export({ limit: 1, ...(start === undefined ? {} : { start }) })
    exported.push(...page.files)
    if (page.messages.next_start === null) break
    start = page.messages.next_start
  }
  expect(exported).toEqual(files)
})
