import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hideSecrets } from '../../src/hidden.ts'
import { SECRETS, SETTINGS } from '../../src/settings.ts'

const ROOT = join(import.meta.dir, '../..')

/** URLs, and the forms of their secrets that a message may quote. */
const URLS: [setting: string, url: string, ...secrets: string[]][] = [
  ['MONGODB_URL', 'mongodb://ada:can%61ry@a:1,b:2/parley', 'canary', 'can%61ry', 'ada:can%61ry'],
  ['MONGODB_URL', 'mongodb://ada:can@ry@a:1/parley', 'can@ry', 'ada:can@ry'],
  ['MONGODB_URL', 'mongodb://ada:can/ary@a:1/parley', 'can/ary'],
  ['MONGODB_URL', 'mongodb://a/?tlsCertificateKeyFilePassword=can', 'can'],
  [
    'MONGODB_URL',
    'mongodb://a/?w=1&authMechanismProperties=AWS_SESSION_TOKEN:canary%3D,SERVICE:x',
    'canary=',
    'canary%3D',
  ],
  ['MONGODB_URL', 'mongodb://a/?authMechanism=canary', 'canary'],
  ['REDIS_URL', 'redis://canary@a:1', 'canary'],
  ['REDIS_URL', 'rediss://:canary@a:1/0', 'canary'],
  ['REDIS_URL', 'redis://a:1?password=can+ary', 'can+ary', 'can ary'],
  ['MEILI_URL', 'http://ada:canary@a:1', 'canary'],
  ['S3_ENDPOINT', 'https://a:1/?X-Amz-Signature=canary#canary2', 'canary', 'canary2'],
  ['PARLEY_USER_TOKEN_JWKS', 'https://a/keys?sig=canary', 'canary'],
]

test('the secrets of every URL among the settings are hidden, and what else a message says is not', () => {
  for (const [setting, url, ...secrets] of URLS)
    for (const secret of [url, ...secrets]) {
      const shown = hideSecrets(`connect ECONNREFUSED 127.0.0.1:9, given "${secret}"`, { [setting]: url })
      expect([url, shown]).toEqual([url, 'connect ECONNREFUSED 127.0.0.1:9, given "***"'])
    }
})

test('a URL without a secret is shown', () => {
  const url = 'mongodb://a:1,b:2/parley?authSource=admin&directConnection=true&w=1'
  expect(hideSecrets(`${url} 1 admin`, { MONGODB_URL: url })).toBe(`${url} 1 admin`)
})

test('every setting that is named like a secret is hidden, or names a file or an account', () => {
  const named = Object.keys(SETTINGS).filter(name => /SECRET|PASSWORD|KEY|TOKEN(?!S)/.test(name))
  const open = [
    'PARLEY_USER_TOKEN_JWKS',
    'PARLEY_USER_TOKEN_ISSUER',
    'PARLEY_USER_TOKEN_AUDIENCE',
    'PARLEY_USER_TOKEN_ROLES',
    'PARLEY_APNS_KEY',
    'PARLEY_APNS_KEY_ID',
    'S3_ACCESS_KEY',
  ]
  expect(named.filter(name => !open.includes(name)).toSorted()).toEqual([...SECRETS].toSorted())
  for (const name of SECRETS) expect(hideSecrets('it is 100% canary!', { [name]: '100% canary' })).toBe('it is ***!')
})

test('a secret of a file is hidden, and one that contains another as a whole', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-hidden-'))
  try {
    await Bun.write(join(folder, 'key'), 'canary and more\n')
    const settings = { S3_SECRET_KEY_FILE: join(folder, 'key'), MEILI_MASTER_KEY: 'canary' }
    expect(hideSecrets('canary and more, canary', settings)).toBe('***, ***')
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('a start that fails shows no secret that its dependency or a file quotes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-hidden-'))
  try {
    await Bun.write(join(folder, 'account.json'), 'canary')
    const settings = [
      { MONGODB_URL: 'mongodb://127.0.0.1:9/?authMechanism=canary' },
      { PARLEY_FCM_ACCOUNT: join(folder, 'account.json') },
      { PARLEY_USER_TOKEN_JWKS: join(folder, 'account.json'), PARLEY_USER_TOKEN_AUDIENCE: 'parley' },
    ]
    for (const each of settings) {
      const env = { PORT: '0', PARLEY_DATA_DIR: join(folder, 'data'), PARLEY_LOG_LEVEL: 'debug', ...each }
      const child = Bun.spawn([process.execPath, 'src/main.ts'], { cwd: ROOT, env, stdout: 'pipe', stderr: 'pipe' })
      const said = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
      expect([await child.exited, said.join('').includes(Object.keys(each)[0] ?? '')]).toEqual([2, true])
      expect(said.join('')).not.toContain('canary')
    }
  } finally {
    await rm(folder, { recursive: true })
  }
})
