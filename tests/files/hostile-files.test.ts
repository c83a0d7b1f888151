import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDiskFiles } from '../../src/adapters/files/disk/open.ts'
import { isInline } from '../../src/domain/content-types.ts'
import { openInspector } from '../../src/files/inspector.ts'
import { NO_LIMIT, streamOf } from '../conformance/files/subject.ts'
import { hostileFiles } from '../support/hostile-files.ts'

/** Types of which a browser makes a page, a script or a style, or starts another program by itself. */
const ACTIVE = /html|xml|svg|script|css|json|manifest|pdf|flash|hta|vcard|calendar|multipart/

test('no hostile file has a type that a browser shows and that is active, whatever its name and the claimed type', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-hostile-'))
  try {
    const files = await openDiskFiles(folder)
    const inspector = openInspector(files)
    const hostile = await hostileFiles('http://127.0.0.1:1/canary')
    expect(hostile.length).toBeGreaterThanOrEqual(100)
    expect(new Set(hostile.map(({ attempt }) => attempt)).size).toBe(hostile.length)
    for (const { attempt, bytes } of hostile) {
      const id = crypto.randomUUID()
      await files.put(id, streamOf(bytes), NO_LIMIT)
      const { content_type, width, thumbnail } = await inspector.inspect(id, bytes.byteLength)
      // A PDF keeps its type, and is offered for download.
      if (content_type !== 'application/pdf' && content_type !== 'application/x-shockwave-flash')
        expect([attempt, content_type]).toEqual([attempt, expect.not.stringMatching(ACTIVE)])
      expect(isInline(content_type) && ACTIVE.test(content_type)).toBe(false)
      // A picture is shown only if its header was understood.
      if (isInline(content_type) && content_type.startsWith('image/'))
        expect([attempt, width]).not.toEqual([attempt, null])
      if (thumbnail) expect([attempt, width]).not.toEqual([attempt, null])
    }
  } finally {
    await rm(folder, { recursive: true })
  }
})
