import { expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { CLIENT_FILES, clientFile } from '../../scripts/dev/client-types.ts'
import { GENERATED, generated, pathOf } from '../../scripts/dev/docs-tables.ts'
import { PAGES, ROOT } from './checkout.ts'

test.each(PAGES)('every link of %s leads somewhere', async page => {
  const text = await Bun.file(join(ROOT, page)).text()
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
  const local = links.filter(target => !/^(https?:|mailto:)/.test(target))
  const broken: string[] = []
  for (const link of local) {
    const [path = '', anchor] = link.split('#')
    const file = path === '' ? join(ROOT, page) : resolve(ROOT, dirname(page), path)
    if (!existsSync(file) || (anchor !== undefined && !(await anchorsOf(file)).includes(anchor))) broken.push(link)
  }
  expect(broken).toEqual([])
})

test.each(GENERATED)('the tables of %s are those of the code (bun run docs)', async file => {
  expect(await Bun.file(pathOf(file)).text()).toBe(await generated(file))
})

test.each(CLIENT_FILES)('%s is that of the contract (bun run docs)', async file => {
  expect(await Bun.file(join(ROOT, file)).text()).toBe(await clientFile(file))
})

test('every path that the documents name in code exists', async () => {
  const missing: string[] = []
  for (const page of PAGES) {
    const text = await Bun.file(join(ROOT, page)).text()
    for (const [, path = ''] of text.matchAll(/`((?:src|tests|scripts|contracts|docs|\.ci)\/[\w./-]*)`/g))
      if (!existsSync(join(ROOT, path))) missing.push(`${page}: ${path}`)
  }
  expect(missing).toEqual([])
})

/** Anchors as GitHub makes them of headings. */
async function anchorsOf(file: string): Promise<string[]> {
  const text = await Bun.file(file).text()
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .replaceAll(/\s/g, '-'),
  )
}
