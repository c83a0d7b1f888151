import { expect, test } from 'bun:test'
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ROOT, run } from '../docs/checkout.ts'
import { allOf, imageEnvironment, readDockerfile, type Stage } from '../support/dockerfile.ts'
import { until } from '../support/until.ts'

const stages = await readDockerfile()
const image = stages.at(-1)
const argumentsOf = (stage: Stage | undefined, name: string): string[] =>
  allOf(stage, name).flatMap(rest => JSON.parse(rest.slice(rest.indexOf('['))) as string[])
/** With the Bun that runs this test in place of the image's. */
const here = ([program, ...rest]: string[]) => [program === 'bun' ? process.execPath : (program ?? ''), ...rest]

/** What the stage copies from the project, with the folder in the image. */
function copies(stage: Stage | undefined): { from: string; to: string }[] {
  return allOf(stage, 'COPY')
    .filter(rest => !rest.startsWith('--from'))
    .flatMap(rest => {
      const names = rest.split(/\s+/)
      const target = names.at(-1) ?? ''
      return names.slice(0, -1).map(from => ({ from, to: target === './' ? from : target }))
    })
}

/** A folder with what the stage copies from the project, and with the installed packages. */
async function openStage(stage: Stage | undefined) {
  const folder = await mkdtemp(join(tmpdir(), 'parley-image-'))
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  for (const { from, to } of copies(stage)) await cp(join(ROOT, from), join(folder, to), { recursive: true })
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
}

test('every file that the Dockerfile copies exists, and .dockerignore lets it through', async () => {
  const allowed = (await Bun.file(join(ROOT, '.dockerignore')).text()).split('\n').filter(line => line.startsWith('!'))
  const copied = stages.flatMap(copies)
  expect(copied.length).toBeGreaterThan(5)
  for (const { from } of copied) {
    expect([from, existsSync(join(ROOT, from))]).toEqual([from, true])
    expect(allowed.some(line => from === line.slice(1) || from.startsWith(`${line.slice(1)}/`))).toBe(true)
  }
  const named = stages.flatMap(stage => allOf(stage, 'COPY').flatMap(rest => /^--from=(\S+)/.exec(rest)?.[1] ?? []))
  expect(named.filter(name => !stages.some(stage => stage.name === name))).toEqual([])
})

test('the image installs no development packages, runs as a user of its own and stops by SIGTERM', () => {
  expect(stages.map(stage => stage.image).filter(name => !/:\d+\.\d+\.\d+-slim$/.test(name))).toEqual([])
  const packages = stages.find(({ name }) => name === 'packages')
  expect(allOf(packages, 'RUN')).toEqual(['bun install --frozen-lockfile --production'])
  expect(allOf(image, 'COPY')).toContain('--from=packages /app/node_modules node_modules')
  expect(allOf(image, 'USER')).toEqual(['bun'])
  expect(allOf(image, 'STOPSIGNAL')).toEqual(['SIGTERM'])
  // A shell in between would keep signals from the server.
  for (const name of ['CMD', 'HEALTHCHECK']) expect(argumentsOf(image, name)[0]).toBe('bun')
})

test('the stage of the Dockerfile that builds the script of the API reference has all that it needs', async () => {
  const stage = stages.find(({ name }) => name === 'reference')
  await using copy = await openStage(stage)
  const build = allOf(stage, 'RUN').at(-1) ?? ''
  await run(here(build.split(' ')), copy.folder)
  expect(Bun.file(join(copy.folder, 'dist/reference.js.gz')).size).toBeGreaterThan(100_000)
  expect(allOf(image, 'COPY')).toContain('--from=reference /app/dist dist')
}, 120_000)

test('the command of the image starts a server that its health check finds, and that SIGTERM stops', async () => {
  await using copy = await openStage(image)
  const stated = await imageEnvironment()
  expect(dirname(stated['PARLEY_DATA_DIR'] ?? '')).toBe('/')
  const environment = {
    PATH: process.env['PATH'],
    ...stated,
    HOST: '127.0.0.1',
    PARLEY_DATA_DIR: join(copy.folder, 'data'),
  }
  const server = Bun.spawn(here(argumentsOf(image, 'CMD')), {
    cwd: copy.folder,
    env: { ...environment, PORT: '0' },
    stdout: 'pipe',
    stderr: 'inherit',
  })
  let output = ''
  const read = (async () => {
    for await (const chunk of server.stdout) output += new TextDecoder().decode(chunk)
  })()
  const portOf = () => /http:\/\/[\w.]+:(\d+)/.exec(output)?.[1]
  try {
    await until(
      () => portOf() !== undefined,
      'the server prints its address',
      () => output,
    )
    const check = async (PORT = '') =>
      Bun.spawn(here(argumentsOf(image, 'HEALTHCHECK')), { env: { ...environment, PORT }, stderr: 'ignore' }).exited
    expect(await check(portOf())).toBe(0)
    server.kill(allOf(image, 'STOPSIGNAL')[0] === 'SIGTERM' ? 'SIGTERM' : 'SIGKILL')
    expect(await server.exited).toBe(0)
    await read
    expect(await check(portOf())).not.toBe(0)
  } finally {
    server.kill('SIGKILL')
  }
}, 120_000)
