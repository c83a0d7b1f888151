import { afterAll, expect, test } from 'bun:test'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { blocksOf, withUrl } from '../docs/checkout.ts'
import { sharedServer } from '../support/server.ts'
import { NoRegistry, installedIn, openProject, type Project } from './project.ts'

/** Binaries of Node, in packages by platform, and what some of the projects use beside the client. */
const NODES = { node18: '18.20.8', node20: '20.20.2', node26: '26.10.0' }
const PACKAGES = {
  ...Object.fromEntries(
    Object.entries(NODES).map(([name, version]) => [name, `npm:node-${process.platform}-${process.arch}@${version}`]),
  ),
  ws: '8.23.0',
}

const project = await openProject(PACKAGES).catch((error: unknown) => {
  if (error instanceof NoRegistry) return null
  throw error
})
if (!project) test.skip('the client on other platforms: the package registry cannot be reached', () => undefined)
else suite(project)

function suite({ folder, tarball, write, run, end, ...project }: Project): void {
  const server = sharedServer()
  afterAll(() => project[Symbol.asyncDispose]())

  const SPOKEN = [1, 'Hello Bob', ['Hello Bob'], 12, 'not_found']
  const programs: [name: string, ...command: string[]][] = [
    ...Object.entries(NODES).map(([name, version]): [string, string, string] => [
      `Node ${version}`,
      join(folder, 'node_modules', name, 'bin/node'),
      // Node 18 warns that its own forms are an experiment.
      '--no-warnings',
    ]),
    ['Bun', process.execPath],
  ]
  test.each(programs)('two users talk on %s with the installed client', async (_name, ...command) => {
    await write({ 'talk.mjs': await Bun.file(join(import.meta.dir, 'programs/talk.mjs')).text() })
    expect(await end([...command, 'talk.mjs', server.url])).toEqual({
      code: 0,
      output: `${JSON.stringify(SPOKEN)}\n`,
      errors: '',
    })
  })

  test('the program in the introduction of the package does what it says', async () => {
    const introduction = await Bun.file(join(folder, 'node_modules', 'parley-client', 'README.md')).text()
    const [program = ''] = blocksOf(introduction, 'js')
    await write({ 'hello.js': withUrl(program, server.url) })
    expect(await run([process.execPath, 'hello.js'])).toEndWith('1 Buy more brass\n')
  })

  test('npm installs the client alone, and keeps it when it installs something else', async () => {
    await mkdir(join(folder, 'alone'))
    await write({ 'alone/package.json': '{ "name": "alone", "private": true, "type": "module" }' })
    const npm = ['npm', '--no-audit', '--no-fund', '--silent']
    await run([...npm, 'install', tarball], 'alone')
    expect(await installedIn(join(folder, 'alone'))).toEqual(['parley-client'])
    await run([...npm, 'install', join(folder, 'node_modules/ws')], 'alone')
    expect(await installedIn(join(folder, 'alone'))).toEqual(['parley-client', 'ws'])
    const { output } = await end(
      ['node', '-e', "import('parley-client').then(all => console.log(typeof all.createClient))"],
      'alone',
    )
    expect(output).toBe('function\n')
  }, 300_000)
}
