import { afterAll, expect, test } from 'bun:test'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { NoRegistry, openProject, type Project } from './project.ts'

/** A guard against hanging: a loaded machine may take many times as long as an idle one. */
const LIMIT_MS = 300_000
const COMPILERS = { ts50: '5.0.4', ts59: '5.9.3', ts7: '7.0.2' }
const PACKAGES = {
  ...Object.fromEntries(Object.entries(COMPILERS).map(([name, version]) => [name, `npm:typescript@${version}`])),
  '@arethetypeswrong/cli': '0.18.5',
  '@elysiajs/eden': '1.4.9',
  '@tanstack/react-query': '5.108.0',
  '@trpc/client': '11.25.2',
  '@trpc/server': '11.25.2',
  '@trpc/tanstack-react-query': '11.22.1',
  '@types/react': '19.3.0',
  elysia: '1.4.30',
  publint: '0.3.25',
  react: '19.3.1',
  zod: '4.6.7',
}

/** How a project resolves modules: `module` with `moduleResolution`. */
const RESOLUTIONS = [
  { module: 'ESNext', moduleResolution: 'bundler' },
  { module: 'Node16', moduleResolution: 'Node16' },
  { module: 'NodeNext', moduleResolution: 'NodeNext' },
]
const STRICT = { strict: true, noEmit: true, skipLibCheck: false, types: [], target: 'ES2020' }
const SETTINGS = RESOLUTIONS.flatMap(resolution =>
  [true, false].map(exactOptionalPropertyTypes => ({
    ...STRICT,
    ...resolution,
    exactOptionalPropertyTypes,
    lib: ['ES2020', 'DOM'],
  })),
)

const source = (name: string) => readFile(join(import.meta.dir, 'programs', name), 'utf8')
const toJson = (value: object) => JSON.stringify(value)

const project = await openProject(PACKAGES).catch((error: unknown) => {
  if (error instanceof NoRegistry) return null
  throw error
})
if (!project) test.skip('the types of the client: the package registry cannot be reached', () => undefined)
else suite(project)

function suite({ folder, tarball, write, end, ...project }: Project): void {
  afterAll(() => project[Symbol.asyncDispose]())

  /** What a compiler says of a program under each of some settings. */
  async function complaints(compiler: string, program: string, settings: object[]): Promise<string> {
    await write({ [`${program}.ts`]: await source(`${program}.ts`), 'compile.mjs': await source('compile.mjs') })
    if (compiler !== 'ts7') {
      const { output, errors } = await end(['node', 'compile.mjs', compiler, `${program}.ts`, ...settings.map(toJson)])
      return output + errors
    }
    // The native compiler has no functions to call.
    const runs = settings.map(async (compilerOptions, index) => {
      const file = `${program}-${index}.json`
      await write({ [file]: toJson({ compilerOptions, files: [`${program}.ts`] }) })
      const { output, errors } = await end(['node', `node_modules/${compiler}/bin/tsc`, '-p', file])
      return output + errors
    })
    return (await Promise.all(runs)).join('')
  }

  for (const [compiler, version] of Object.entries(COMPILERS))
    test(
      `a program with the client compiles under TypeScript ${version}, with every resolution of modules`,
      async () => {
        expect(await complaints(compiler, 'app', SETTINGS)).toBe('')
      },
      LIMIT_MS,
    )

  for (const [compiler, version] of Object.entries(COMPILERS).slice(1))
    for (const program of ['react', 'trpc', 'eden', 'contract'])
      test(
        `a program with parley-client/${program} compiles under TypeScript ${version}`,
        async () => {
          // Not every declaration of those libraries compiles by itself.
          const settings = { ...STRICT, ...RESOLUTIONS[0], lib: ['ES2022', 'DOM', 'DOM.Iterable'], skipLibCheck: true }
          expect(await complaints(compiler, program, [settings])).toBe('')
        },
        LIMIT_MS,
      )

  test('publint finds nothing', async () => {
    const { output, errors } = await end(['node', 'node_modules/publint/src/cli.js', tarball, '--strict'])
    expect(output + errors).toContain('All good!')
  })

  test(
    'arethetypeswrong finds nothing, apart from what holds for every package without CommonJS',
    async () => {
      // It ends before a pipe has taken all of its report.
      const attw = 'node node_modules/@arethetypeswrong/cli/dist/index.js "$0" --format json >attw.json'
      await end(['sh', '-c', attw, tarball])
      const { problems } = JSON.parse(await readFile(join(folder, 'attw.json'), 'utf8')) as { problems: object }
      expect(Object.keys(problems)).toEqual(['CJSResolvesToESM'])
    },
    LIMIT_MS,
  )
}
