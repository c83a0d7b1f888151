import { expect, test } from 'bun:test'
import { createClient, type FileLink } from '../../src/sdk/index.ts'
import { png } from '../support/images.ts'
import { groupOf, register, refused, signIn, type Person } from '../support/people.ts'
import { ADMIN, sharedServer, startTestServer, type SharedServer } from '../support/server.ts'

const server = sharedServer()
const BYTES = new Uint8Array(png(40, 30))

async function shareFile(owner: Person, members: readonly Person[]) {
  const { id: conversation_id } = await groupOf(owner, members)
  const { id: file_id } = await owner.client.files.upload({ file: new File([BYTES], 'engine.png') })
  await owner.client.messages.send({ conversation_id, attachments: [{ file_id }] })
  return { conversation_id, file_id }
}

const get = (path: string, init: RequestInit = {}, at: Pick<SharedServer, 'url'> = server) =>
  fetch(`${at.url}${path}`, init)

test('a link answers the bytes without a token, whole, in parts and as a thumbnail, to pages of any origin', async () => {
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  const { file_id } = await shareFile(ada, [bob])
  const { url, thumbnail_url, expires_at } = await bob.client.files.link({ file_id })
  const whole = await get(url)
  expect([whole.status, whole.headers.get('content-type')]).toEqual([200, 'image/png'])
  expect(whole.headers.get('cross-origin-resource-policy')).toBe('cross-origin')
  expect(whole.headers.get('content-disposition')).toStartWith('inline')
  expect(whole.headers.get('content-security-policy')).toBe("default-src 'none'; sandbox")
  expect(new Uint8Array(await whole.arrayBuffer())).toEqual(BYTES)
  const part = await get(url, { headers: { range: 'bytes=0-3' } })
  expect([part.status, await part.text()]).toEqual([206, new TextDecoder().decode(BYTES.slice(0, 4))])
  expect((await get(url, { headers: { 'if-none-match': whole.headers.get('etag') ?? '' } })).status).toBe(304)
  expect((await get(thumbnail_url ?? '')).headers.get('content-type')).toBe('image/webp')
  const left = Date.parse(expires_at) - Date.now()
  expect(left).toBeGreaterThan(29 * 60_000)
  expect(left).toBeLessThanOrEqual(60 * 60_000)
})

test('a link shows its file only, and no other spelling of it is taken', async () => {
  const ada = await register(server, 'ada')
  const [one, other] = [await shareFile(ada, []), await shareFile(ada, [])]
  const { url } = await ada.client.files.link({ file_id: one.file_id })
  const link = new URL(url, server.url).searchParams.get('link') ?? ''
  const [user = '', session = '', expires = '', seal = ''] = link.split('.')
  const wrong = [
    url.replace(one.file_id, other.file_id),
    url.replace(link, `${user}.${session}.${Number(expires) + 1}.${seal}`),
    url.replace(link, `${user}.${crypto.randomUUID()}.${expires}.${seal}`),
    url.replace(link, `${user}.${session}.${expires}.`),
    url.replace(link, `${link}x`),
    url.replace(link, ada.access_token.slice(0, 150)),
  ]
  for (const path of wrong) expect([path, (await get(path)).status]).toEqual([path, 401])
  expect((await get(url.replace(/\?.*/, ''))).status).toBe(422)
})

test('a link ends when its user does not see the file any more, and with its session', async () => {
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  const { file_id, conversation_id } = await shareFile(ada, [bob])
  const { url } = await bob.client.files.link({ file_id })
  const phone = await signIn(server, bob.name)
  const { url: of_phone } = await phone.client.files.link({ file_id })
  await phone.client.auth.logout()
  expect((await get(of_phone)).status).toBe(401)
  expect((await get(url)).status).toBe(200)
  await ada.client.groups.removeMember({ conversation_id, user_id: bob.id })
  expect((await get(url)).status).toBe(404)
  await refused(bob.client.files.link({ file_id }), 'not_found')
})

test('a link that a key has asked for as another user shows what that user sees, and ends with the key', async () => {
  const root = await signIn(server, ADMIN.username, ADMIN.password)
  const [ada, bob] = [await register(server, 'ada'), await register(server, 'bob')]
  const { file_id } = await shareFile(ada, [bob])
  const wanted = { name: 'shop', scopes: ['files:read' as const], act_as: true }
  const { id: key_id, key, user_id } = await root.client.keys.create(wanted)
  const linkAs = async (id: string) => {
    const headers = { authorization: `Bearer ${key}`, 'parley-act-as': id }
    const answer = await get(`/files/${file_id}/link`, { headers })
    // Cast: the contract's answer, or a problem document without it.
    return { status: answer.status, url: ((await answer.json()) as Partial<FileLink>).url ?? '' }
  }
  const cy = await register(server, 'cy')
  for (const id of [user_id, cy.id]) expect(await linkAs(id)).toEqual({ status: 404, url: '' })
  const { url } = await linkAs(bob.id)
  expect((await get(url)).status).toBe(200)
  expect((await get(url.replace(bob.id, ada.id))).status).toBe(401)
  await root.client.users.update({ user_id: bob.id, disabled: true })
  expect((await get(url)).status).toBe(401)
  const { url: other } = await linkAs(ada.id)
  await root.client.keys.delete({ key_id })
  expect((await get(other)).status).toBe(401)
})

test('a link expires, and is the same until a new one would last longer', async () => {
  let now = Date.parse('2026-11-26T10:01:00Z')
  await using timed = await startTestServer({ overrides: { clock: () => new Date(now) } })
  const ada = await register(timed, 'ada')
  const { file_id } = await shareFile(ada, [])
  const links: FileLink[] = []
  for (const minutes of [0, 12, 28]) {
    now = Date.parse('2026-11-26T10:01:00Z') + minutes * 60_000
    ada.client.tokens.forget()
    const again = await signIn(timed, ada.name)
    links.push(await again.client.files.link({ file_id }))
  }
  expect(links.map(({ expires_at }) => expires_at.slice(11, 16))).toEqual(['11:00', '11:00', '11:00'])
  expect((await get(links[0]?.url ?? '', {}, timed)).status).toBe(200)
  now = Date.parse('2026-11-26T11:00:00Z')
  expect((await get(links[0]?.url ?? '', {}, timed)).status).toBe(401)
})

test('below the path of BASE_URL a link has that path', async () => {
  await using below = await startTestServer({ settings: { BASE_URL: 'https://example.com/chat', PORT: '0' } })
  const url_behind = `http://127.0.0.1:${below.running.port}`
  const own = { url: url_behind, client: () => createClient({ url: url_behind }) }
  const ada = await register(own, 'ada')
  const { file_id } = await shareFile(ada, [])
  const { url } = await ada.client.files.link({ file_id })
  expect(url).toStartWith('/chat/files/')
  expect((await get(url.slice('/chat'.length), {}, own)).status).toBe(200)
})
