import { expect, test } from 'bun:test'
import { rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { startTestServer } from '../support/server.ts'
import { PAGES, ROOT, openCheckout, openInstalled, run, withUrl } from './checkout.ts'

const readme = await Bun.file(join(ROOT, 'README.md')).text()
const blocks = [...readme.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({
  language,
  text,
}))
const commands = blocks.filter(({ language, text }) => language === 'sh' && /^(npx|bun) /.test(text))
const sessions = blocks.filter(block => block.language === 'sh' && !commands.includes(block))
const programs = blocks.filter(({ language }) => language === 'ts')

/** How each command of the README is run: as it is printed, in a folder with the project's packages. */
const RUNS: Readonly<Record<string, () => Promise<void>>> = {
  'npx -y bun run up': () => startsAndStops('npx -y bun run up', { PORT: '0' }),
  'PORT=3001 npx -y bun run up': () => startsAndStops('npx -y bun run up', { PORT: '0' }),
  'npx -y bun run verify': async () => {
    await using project = await openInstalled({ 'tests/sum.test.ts': SOUND })
    const output = await project.run('npx', '-y', 'bun', 'run', 'verify')
    expect(output.trim().split('\n').at(-1)).toBe('1 passed, 0 failed, 1 skipped')
  },
  'npx bun run demo': async () => {
    const told = await run(['npx', 'bun', 'run', 'demo'])
    expect(told).toMatch(/\d+ messages by \d+ people. The workspace runs at http:/)
  },
  'npx bun run talk': async () => {
    expect(await run(['npx', 'bun', 'run', 'talk'])).toMatch(/Ada.*\n[\s\S]*Bob/)
  },
  'npx bun hello.ts': async () => {
    await using server = await startTestServer()
    await using checkout = await openCheckout()
    const [, name = ''] = /Save it as `(.+?)`/.exec(readme) ?? []
    for (const { text } of programs) await Bun.write(join(checkout.folder, name), withUrl(text, server.url))
    expect(await checkout.run('npx', 'bun', name)).toContain('Buy more brass')
  },
  'npx bun': async () => {
    const { devDependencies } = (await Bun.file(join(ROOT, 'package.json')).json()) as {
      devDependencies: { bun: string }
    }
    expect((await run(['npx', 'bun', '--version'])).trim()).toBe(devDependencies.bun)
  },
}

const SOUND = `import { expect, test } from 'bun:test'

test('one and one are two', () => expect(1 + 1).toBe(2))
`

/** Starts the server by a command, asks it for its health, and stops it as Ctrl-C does: the signal goes to the whole group. */
async function startsAndStops(command: string, env: Record<string, string>): Promise<void> {
  await using project = await openInstalled()
  // In place of the one file of src that scripts/ops imports.
  await rm(join(project.folder, 'src'), { recursive: true })
  for (const name of ['contracts', 'src']) await symlink(join(ROOT, name), join(project.folder, name))
  const child = Bun.spawn(command.split(' '), {
    cwd: project.folder,
    env: { ...process.env, MONGODB_URL: '', ...env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'ignore',
    detached: true,
  })
  let text = ''
  for await (const chunk of child.stdout) {
    text += new TextDecoder().decode(chunk)
    const [url] = /http:\/\/[\w.:]+/.exec(text) ?? []
    if (url === undefined) continue
    expect((await fetch(`${url}/health/ready`)).status).toBe(200)
    process.kill(-child.pid, 'SIGINT')
    break
  }
  expect(text).toContain('First ADMIN:')
  await child.exited
}

test('every block of the README is a command, a session or a program', () => {
  expect(commands.length + sessions.length + programs.length).toBe(blocks.length)
  expect([commands.length, sessions.length, programs.length]).toEqual([1, 1, 1])
})

const inText = [...readme.matchAll(/`((?:[A-Z]+=\S+ )?npx [^`]+)`/g)].map(([, command = '']) => command)
const printed = [...new Set([...commands.flatMap(({ text }) => text.trim().split('\n')), ...inText])]

test.each(printed)('the command of the README does what it says: %s', async command => {
  const runs = RUNS[command]
  if (!runs) throw new Error('no test runs it')
  await runs()
})

test('every command that the README and the documents name is a script of package.json', async () => {
  const { scripts } = (await Bun.file(join(ROOT, 'package.json')).json()) as { scripts: Record<string, string> }
  const pages = await Promise.all(PAGES.map(page => Bun.file(join(ROOT, page)).text()))
  const named = pages.flatMap(text => [...text.matchAll(/\bbun run ([a-z][\w:-]*)/g)].map(([, script = '']) => script))
  expect(named).toContain('up')
  expect(named).toContain('verify')
  expect(named.filter(script => !(script in scripts))).toEqual([])
  const files = Object.values(scripts).flatMap(script => script.match(/\b(?:scripts|src)\/[\w/.-]+\.ts\b/g) ?? [])
  const missing = await Promise.all(
    files.map(async file => ((await Bun.file(join(ROOT, file)).exists()) ? [] : [file])),
  )
  expect(missing.flat()).toEqual([])
})

test('the curl session of the README runs as printed and ends with the message in the history', async () => {
  await using server = await startTestServer()
  for (const { text } of sessions) {
    const output = await run(['bash', '-euo', 'pipefail', '-c', withUrl(text, server.url)])
    const [sent = '', history = ''] = output.split(/(?<=\})(?=\{)/)
    expect(JSON.parse(sent)).toMatchObject({ content: 'Hello Bob', seq: 1 })
    expect(JSON.parse(history)).toMatchObject({ object: 'list', data: [{ content: 'Hello Bob', seq: 1 }] })
  }
})
