import { expect, test } from 'bun:test'
import type { File as StoredFile } from '../../contracts/entities.ts'
import { isInline } from '../../src/domain/content-types.ts'
import { hostileFiles, type HostileFile } from '../support/hostile-files.ts'
import { register, type Person } from '../support/people.ts'
import { sharedServer } from '../support/server.ts'

const server = sharedServer()

const bearer = (person: Person) => ({ authorization: `Bearer ${person.access_token}` })

/** As any client may send it: name and type are put into the form as they are, apart from what would end the header. */
function formOf({ name, claimed, bytes }: HostileFile): { body: Blob; type: string } {
  const boundary = `parley${crypto.randomUUID()}`
  const quoted = name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('\0', '%00')
  const type = claimed.replaceAll(/[\r\n]/g, ' ')
  const head =
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${quoted}"\r\n` +
    `${type === '' ? '' : `Content-Type: ${type}\r\n`}\r\n`
  return {
    body: new Blob([head, bytes, `\r\n--${boundary}--\r\n`]),
    type: `multipart/form-data; boundary=${boundary}`,
  }
}

/** null: refused, because its name is no name that a form can have. */
async function upload(person: Person, file: HostileFile): Promise<StoredFile | null> {
  const { body, type } = formOf(file)
  const headers = { ...bearer(person), 'content-type': type }
  const response = await fetch(`${server.url}/upload`, { method: 'POST', headers, body })
  if (response.status === 400 && file.attempt.startsWith('a name with')) return null
  expect([file.attempt, response.status]).toEqual([file.attempt, 201])
  return (await response.json()) as StoredFile
}

/** How a browser asks for a page, and for anything else. */
const ASKED: readonly string[] = ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', '*/*']

/** No path, no control, nothing that turns the direction of what follows. */
function expectText(attempt: string, name: string): void {
  expect([attempt, name]).toEqual([attempt, expect.not.stringMatching(/[\p{Cc}\u202A-\u202E\u2066-\u2069]/u)])
  expect([attempt, name]).toEqual([attempt, expect.not.stringMatching(/[/\\]/)])
  expect([attempt, name.isWellFormed(), name.trim() === name && name.length > 0]).toEqual([attempt, true, true])
  expect(name.length).toBeLessThanOrEqual(255)
}

function expectInert(attempt: string, response: Response): void {
  const { headers } = response
  const type = headers.get('content-type') ?? ''
  const disposition = headers.get('content-disposition') ?? ''
  expect([attempt, response.status]).toEqual([attempt, 200])
  expect([attempt, headers.get('x-content-type-options')]).toEqual([attempt, 'nosniff'])
  expect([attempt, headers.get('content-security-policy')]).toEqual([attempt, "default-src 'none'; sandbox"])
  expect([attempt, headers.get('cross-origin-resource-policy')]).toEqual([attempt, 'same-origin'])
  // Shown by a browser only if it is a picture, a sound or a film; anything else is saved.
  if (!disposition.startsWith('attachment; ')) {
    expect([attempt, disposition.startsWith('inline; '), isInline(type)]).toEqual([attempt, true, true])
    expect([attempt, type]).toEqual([attempt, expect.stringMatching(/^(?:image|audio|video)\/(?!svg)[\w.-]+$/)])
  }
  expect([attempt, type]).toEqual([attempt, expect.not.stringMatching(/html|xml|svg|script|css|json|multipart/)])
  // One name in two forms, of which neither ends the header or the value before its end.
  expect([attempt, disposition]).toEqual([
    attempt,
    expect.stringMatching(/^(?:inline|attachment); filename="[ !#-[\]-~]*"; filename\*=UTF-8''[\w!#$&+.^`|~%-]*$/),
  ])
  expect([attempt, headers.get('x-injected')]).toEqual([attempt, null])
}

test('no hostile file is served as something that a browser runs, and its name is text for display', async () => {
  const ada = await register(server, 'ada')
  const hostile = await hostileFiles(`${server.url}/canary`)
  let served = 0
  for (const file of hostile) {
    const { attempt, bytes } = file
    const stored = await upload(ada, file)
    if (!stored) continue
    served += 1
    expectText(attempt, stored.name)
    for (const accept of ASKED) {
      const response = await fetch(`${server.url}/files/${stored.id}?download=1`, {
        headers: { ...bearer(ada), accept },
      })
      expectInert(attempt, response)
      expect([attempt, Buffer.from(await response.arrayBuffer()).equals(bytes)]).toEqual([attempt, true])
    }
    if (!stored.thumbnail) continue
    const thumbnail = await fetch(`${server.url}/files/${stored.id}?thumbnail=1`, { headers: bearer(ada) })
    expectInert(attempt, thumbnail)
    expect([attempt, thumbnail.headers.get('content-type')]).toEqual([attempt, 'image/webp'])
    const picture = Buffer.from(await thumbnail.arrayBuffer())
    expect([attempt, picture.includes('script')]).toEqual([attempt, false])
  }
  expect(served).toBeGreaterThanOrEqual(100)
})
