import { beforeAll, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { minified } from '../../scripts/ops/client/bundle.ts'
import { ROOT, end } from '../docs/checkout.ts'
import { builtClient } from '../support/client-package.ts'

/** Of everything that an entry exports, with what it shares with others, minified and gzipped. */
const MOST = { index: 12_750, store: 14_500, react: 1_450 }
/** Of the first of them: what the client promises. */
const PROMISED = 15_000
/** Of a page that needs one small name. */
const MOST_OF_ONE_NAME = 1_500

let folder = ''
beforeAll(async () => {
  folder = await builtClient()
})
const text = (name: string) => readFile(join(folder, name), 'utf8')

interface Manifest {
  name: string
  version: string
  dependencies?: object
  exports: Record<string, { types: string; default: string } | string>
}

async function entries(): Promise<{ key: string; types: string; module: string }[]> {
  const { exports } = JSON.parse(await text('package.json')) as Manifest
  return Object.entries(exports).flatMap(([key, files]) =>
    typeof files === 'string' ? [] : [{ key, types: files.types, module: files.default }],
  )
}

/** The files that a file imports, itself first, and the packages that any of them names. */
async function imported(name: string, found = new Set<string>(), packages = new Set<string>()) {
  if (found.has(name)) return { files: [...found], packages: [...packages] }
  found.add(name)
  const imports = (await text(name)).matchAll(/(?:from|import)\s*\(?\s*["']([^"']+)["']/g)
  for (const [, target = ''] of imports) {
    if (!target.startsWith('.')) packages.add(target)
    else if (name.endsWith('.d.ts')) {
      expect(target).toEndWith('.js')
      await imported(join(dirname(name), target.replace(/\.js$/, '.d.ts')), found, packages)
    } else await imported(join(dirname(name), target), found, packages)
  }
  return { files: [...found], packages: [...packages] }
}

async function weight(source: string): Promise<number> {
  return gzipSync(await minified(source, folder), { level: 9 }).length
}

test('the package has the version of the repository, no dependency, a licence and an introduction', async () => {
  const { name, version, dependencies } = JSON.parse(await text('package.json')) as Manifest
  const { version: own } = JSON.parse(await readFile('package.json', 'utf8')) as Manifest
  expect({ name, version, dependencies }).toEqual({ name: 'parley-client', version: own, dependencies: undefined })
  expect(await text('LICENSE')).toContain('MIT')
  expect(await text('README.md')).toContain('createClient')
})

test('parley-client and its types import nothing from outside, and neither the contract', async () => {
  const [main] = await entries()
  for (const file of [main?.module ?? '', main?.types ?? '']) {
    const { files, packages } = await imported(file)
    expect({ packages, contracts: files.filter(each => each.includes('contracts')) }).toEqual({
      packages: [],
      contracts: [],
    })
  }
})

test('each other entry imports only the packages that its projects have', async () => {
  const found = await Promise.all(
    (await entries()).map(async ({ key, module, types }) => [
      key,
      { module: (await imported(module)).packages, types: (await imported(types)).packages },
    ]),
  )
  expect(Object.fromEntries(found)).toEqual({
    '.': { module: [], types: [] },
    './store': { module: [], types: [] },
    './react': { module: ['react'], types: ['react'] },
    './contract': { module: ['zod'], types: ['zod', 'zod/v4/core'] },
    './trpc': { module: [], types: ['@trpc/server'] },
    './eden': { module: [], types: ['elysia'] },
  })
})

test('no module makes code from text', async () => {
  for (const { key, module } of await entries())
    for (const file of (await imported(module)).files)
      expect([key, /\beval\s*\(|\bnew Function\b|\bFunction\s*\(/.test(await text(file))]).toEqual([key, false])
})

test('each module has a source map with its sources', async () => {
  for (const { module } of await entries()) {
    const [, map = ''] = /\/\/# sourceMappingURL=(\S+)/.exec(await text(module)) ?? []
    const { sources, sourcesContent } = JSON.parse(await text(join(dirname(module), map))) as Record<string, string[]>
    expect(sourcesContent?.length).toBe(sources?.length ?? 0)
  }
})

test.each(Object.entries(MOST))('everything that the module %s exports is at most %i bytes', async (module, most) => {
  const bytes = await weight(`export * from './${module}.js'`)
  expect(bytes).toBeLessThanOrEqual(most)
  // A bound that is far above says nothing.
  expect(bytes).toBeGreaterThan(most * 0.9)
  expect(MOST.index).toBeLessThanOrEqual(PROMISED)
})

test('entries share their classes', async () => {
  const files = new Set(
    (await Promise.all((await entries()).map(({ module }) => imported(module)))).flatMap(each => each.files),
  )
  const having = await Promise.all(
    [...files].map(async file => (await text(file)).match(/ParleyError = class|class ParleyError/g) ?? []),
  )
  expect(having.flat()).toHaveLength(1)
})

test('one name costs what it uses', async () => {
  expect(await weight(`export { ParleyError } from './index.js'`)).toBeLessThanOrEqual(MOST_OF_ONE_NAME)
})

test('the declarations name files that exist', async () => {
  for (const { types } of await entries())
    for (const file of (await imported(types)).files)
      expect([file, existsSync(join(folder, file))]).toEqual([file, true])
})

test('the source of the client uses no function of the language that is newer than its platforms', async () => {
  const compilerOptions = { types: [], lib: ['ES2022', 'DOM', 'DOM.Iterable'] }
  const settings = { extends: join(ROOT, 'tsconfig.json'), compilerOptions, include: [join(ROOT, 'src/sdk')] }
  const file = join(await mkdtemp(join(tmpdir(), 'parley-floor-')), 'tsconfig.json')
  await Bun.write(file, JSON.stringify(settings))
  const { output } = await end([join(ROOT, 'node_modules/.bin/tsc'), '-p', file])
  await rm(dirname(file), { recursive: true })
  expect(output).toBe('')
})
