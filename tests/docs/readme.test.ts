import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { startTestServer } from '../support/server.ts'
import { PAGES, ROOT, openCheckout, run, withUrl } from './checkout.ts'

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

test('the program of the README runs as printed', async () => {
  await using server = await startTestServer()
  await using checkout = await openCheckout()
  const [, name = ''] = /Save it as `(.+?)`/.exec(readme) ?? []
  for (const { text } of programs) {
    await Bun.write(join(checkout.folder, name), withUrl(text, server.url))
    expect(await checkout.run(process.execPath, name)).toContain('Buy more brass')
  }
})
