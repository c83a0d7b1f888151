import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfig } from '../../src/config.ts'

let folder = ''
const fileOf = async (content: string) => {
  const file = join(folder, crypto.randomUUID())
  await writeFile(file, content)
  return file
}
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-setting-files-'))
})
afterAll(() => rm(folder, { recursive: true }))

test('a setting is read from the file that NAME_FILE names, without the white space around its content', async () => {
  const secret = 'a signing secret, long enough for production'
  const config = readConfig({
    NODE_ENV: 'production',
    PARLEY_SECRET_FILE: await fileOf(`  ${secret}\r\n`),
    MONGODB_URL_FILE: await fileOf('mongodb://mongo.example/parley\n'),
    PORT_FILE: await fileOf('4000\n'),
  })
  expect(config).toMatchObject({ secret, mongodb_url: 'mongodb://mongo.example/parley', port: 4000 })
})

test('an empty NAME_FILE counts as not set', () => {
  expect(readConfig({ PARLEY_SECRET_FILE: '' }).secret).toBeNull()
})

test('a file of a setting that cannot be used is named, and neither its content nor the value is shown', async () => {
  const wrong: [Record<string, string>, string][] = [
    [{ PARLEY_SECRET_FILE: '/nowhere/canary' }, 'PARLEY_SECRET_FILE: the file cannot be read (ENOENT)'],
    [{ PARLEY_SECRET_FILE: folder }, 'PARLEY_SECRET_FILE: the file cannot be read (EISDIR)'],
    [{ PARLEY_SECRET_FILE: await fileOf(' \n') }, 'PARLEY_SECRET_FILE: the file is empty'],
    [
      { PARLEY_SECRET: 'canary', PARLEY_SECRET_FILE: await fileOf('canary') },
      'PARLEY_SECRET_FILE: is set and PARLEY_SECRET too',
    ],
    [{ MONGODB_URL_FILE: await fileOf('canary') }, 'MONGODB_URL: must begin with mongodb://'],
    [{ PARLEY_BOGUS_FILE: 'canary' }, 'unknown setting PARLEY_BOGUS_FILE'],
    [{ PARLEY_SECRET_FILE_FILE: 'canary' }, 'unknown setting PARLEY_SECRET_FILE_FILE'],
  ]
  for (const [environment, message] of wrong) {
    expect(() => readConfig(environment)).toThrow(message)
    expect(() => readConfig(environment)).not.toThrow('canary')
  }
})
