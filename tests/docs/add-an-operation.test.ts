import { afterAll, beforeAll, expect, test } from 'bun:test'
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/**
 * Follows the instructions of docs/add-an-operation.md in a copy of the project. It compiles the project twice and runs tests,
 * so its limit is a guard against hanging, which no loaded machine reaches.
 */
const ROOT = resolve(import.meta.dir, '../..')
const COPIED = ['contracts', 'docs', 'scripts', 'src', 'tests']
const SETTINGS = ['.oxlintrc.json', '.prettierrc.json', 'bunfig.toml', 'package.json', 'tsconfig.json']

const page = await Bun.file(join(ROOT, 'docs/add-an-operation.md')).text()
// What is long goes on in a second line.
const STEP = /^In `([^`]+)`,(?: under `([^`]+)`,)?\s(.+(?:\n.+)?):\n\n```ts\n([\s\S]*?)^```$/gm
const steps = [...page.matchAll(STEP)].map(([, file = '', under = '', where = '', text = '']) => ({
  file,
  under,
  where: where.replace('\n', ' '),
  text,
}))

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-operation-'))
  for (const name of [...COPIED, ...SETTINGS]) await cp(join(ROOT, name), join(folder, name), { recursive: true })
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function follow({ file, under, where, text }: (typeof steps)[number]): Promise<void> {
  const path = join(folder, file)
  const before = await Bun.file(path).text()
  const [, verb = '', anchor = ''] = /^(before|replace) `([^`]+)`$/.exec(where) ?? []
  const at = where === 'at the end' ? before.length : before.indexOf(anchor, before.indexOf(under))
  if (at === -1) throw new Error(`${file} has no ${anchor}`)
  const line = before.lastIndexOf('\n', at - 1) + 1
  const indent = where === 'at the end' ? '' : before.slice(line, at)
  const added = text.replaceAll(/^(?=.)/gm, indent)
  const gap = /^\s*async /.test(added) ? '\n' : ''
  const rest = verb === 'replace' ? before.slice(before.indexOf('\n', at) + 1) : before.slice(line)
  await Bun.write(
    path,
    where === 'at the end' ? `${before}\n${added}` : `${before.slice(0, line)}${added}${gap}${rest}`,
  )
}

async function run(...command: string[]): Promise<{ ok: boolean; output: string }> {
  const [name = '', ...rest] = command
  const child = Bun.spawn([join(ROOT, 'node_modules/.bin', name), ...rest], {
    cwd: folder,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [output, errors, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { ok: code === 0, output: output + errors }
}

async function expectToHold(...command: string[]): Promise<string> {
  const { ok, output } = await run(...command)
  if (!ok) throw new Error(`${command.join(' ')}:\n${output}`)
  return output
}

test('docs/add-an-operation.md says what to do, and done so it compiles, is tested and documented', async () => {
  const contract = steps.filter(({ file }) => file.startsWith('contracts/'))
  const rest = steps.filter(step => !contract.includes(step))
  expect([contract.length, rest.length]).toEqual([2, 4])

  for (const step of contract) await follow(step)
  await expectToHold('bun', 'scripts/dev/docs.ts')
  expect(await Bun.file(join(folder, 'docs/protocol.md')).text()).toContain('| `conversations.member`')
  const failures = [...(await run('tsc', '-p', '.')).output.matchAll(/^(\S+?)\(\d+,\d+\): error/gm)].map(
    ([, file = '']) => file,
  )
  expect(failures.toSorted()).toEqual([
    'src/features/conversations/handlers.ts',
    'tests/api/authorization.test.ts',
    'tests/api/authorization.test.ts',
  ])

  for (const step of rest) await follow(step)
  const files = [...new Set(steps.map(({ file }) => file))]
  await Promise.all([expectToHold('tsc', '-p', '.'), expectToHold('prettier', '--check', ...files)])
  await expectToHold('oxlint', '--type-aware', ...files)
  const [, command = ''] = /^ {4}npx bun run test (.+)$/m.exec(page) ?? []
  const tested = await expectToHold('bun', 'test', '--timeout', '60000', ...command.split(' '))
  expect(tested).toMatch(/^\(pass\) .*conversations\.member\b/m)
  expect(tested).toMatch(/^\(pass\) one member of a conversation/m)
  await expectToHold('bun', 'test', '--timeout', '60000', 'tests/transport/openapi.test.ts')
}, 1_800_000)
