import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { EVENTS } from '../../contracts/events.ts'
import { operations } from '../../contracts/index.ts'
import { ROOT } from './checkout.ts'

/** Files that may name what lies outside the repository, each with its reason. */
const OUTSIDE: Readonly<Record<string, string>> = {
  '.ci/run': 'starts a MongoDB with ../shared/services where that folder exists',
  'tests/docs/specification.test.ts': 'this test',
}

const files = Bun.spawnSync(['git', 'ls-files', '--cached', '--others', '--exclude-standard'], { cwd: ROOT })
  .stdout.toString()
  .split('\n')
  .filter(file => /\.(ts|md|json|ya?ml|toml)$|^\.ci\/|Dockerfile$/.test(file))
const texts = new Map(
  await Promise.all(
    files.map(async file => {
      const source = Bun.file(join(ROOT, file))
      return [file, (await source.exists()) ? await source.text() : ''] as const
    }),
  ),
)
const specification = texts.get('docs/specification.md') ?? ''

test('every section of the specification that the repository cites is a heading of docs/specification.md', () => {
  const headings = new Set([...specification.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading))
  const wrong: string[] = []
  let cited = 0
  for (const [file, text] of texts) {
    // A citation may be broken over two lines of a comment.
    const unbroken = text.replaceAll(/\n\s*(?:\*|\/\/) ?/g, ' ')
    for (const [, section = ''] of unbroken.matchAll(/\(specification, ([A-Z][^):]*)[):]/g)) {
      cited += 1
      if (!headings.has(section)) wrong.push(`${file}: ${section}`)
    }
    if (/\(SPEC[,:]/.test(text)) wrong.push(`${file}: cites what is outside the repository`)
  }
  expect(wrong).toEqual([])
  expect(cited).toBeGreaterThan(10)
})

test('no file names a path outside the repository, except those with a reason', () => {
  const outside = [...texts].filter(([, text]) => /\.\.\/shared\b|\bshared\/data\b/.test(text)).map(([file]) => file)
  expect(outside.toSorted()).toEqual(Object.keys(OUTSIDE).toSorted())
})

test('docs/specification.md names every operation and every event of the contract', () => {
  const text = specification.replaceAll(/\s+/g, ' ')
  const paths = operations().map(([, { method, path }]) => `\`${method} ${path}`)
  const missing = [
    ...paths.filter(path => !new RegExp(`${escaped(path)}[\`?]`).test(text)),
    ...Object.keys(EVENTS).filter(event => !text.includes(`\`${event}\``)),
  ]
  expect(missing).toEqual([])
})

function escaped(text: string): string {
  return text.replaceAll(/[{}|.?*+()[\]\\]/g, '\\$&')
}
