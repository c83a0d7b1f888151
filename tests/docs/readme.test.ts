import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { startTestServer } from '../support/server.ts'

const ROOT = resolve(import.meta.dir, '../..')
const readme = await Bun.file(join(ROOT, 'README.md')).text()
const blocks = [...readme.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({
  language,
  text,
}))
const commands = blocks.filter(({ language, text }) => language === 'sh' && /^(npx|bun) /.test(text))
const sessions = blocks.filter(block => block.language === 'sh' && !commands.includes(block))
const programs = blocks.filter(({ language }) => language === 'ts')

test('every block of the README is a command, a session or a program', () => {
  expect(commands.length + sessions.length + programs.length).toBe(blocks.length)
  expect([commands.length, sessions.length, programs.length]).toEqual([1, 1, 1])
})

test('every command that the README and the documents name is a script of package.json', async () => {
  const { scripts } = (await Bun.file(join(ROOT, 'package.json')).json()) as { scripts: Record<string, string> }
  const pages = await Promise.all(
    [...new Bun.Glob('docs/**/*.md').scanSync(ROOT)].map(page => Bun.file(join(ROOT, page)).text()),
  )
  const named = [readme, ...pages].flatMap(text =>
    [...text.matchAll(/\bbun run ([a-z][\w:-]*)/g)].map(([, script = '']) => script),
  )
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

test('the program of the README runs as printed', async () => {
  await using server = await startTestServer()
  const folder = await mkdtemp(join(tmpdir(), 'parley-readme-'))
  try {
    for (const { text } of programs) {
      const file = join(folder, 'program.ts')
      // Outside the package its name does not resolve, so the export is named by its path.
      await Bun.write(file, withUrl(text, server.url).replace("'parley/client'", `'${join(ROOT, 'src/sdk/index.ts')}'`))
      expect(await run([process.execPath, file])).toContain('Hello Bob')
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

function withUrl(text: string, url: string): string {
  const replaced = text.replaceAll('http://localhost:3000', url)
  expect(replaced).not.toBe(text)
  return replaced
}

async function run(command: string[]): Promise<string> {
  const child = Bun.spawn(command, { stdin: 'ignore', stdout: 'pipe', stderr: 'pipe', timeout: 15_000 })
  const [output, errors, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  if (code !== 0) throw new Error(`ended with ${code}:\n${output}\n${errors}`)
  return output
}
