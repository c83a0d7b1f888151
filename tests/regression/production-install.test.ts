import { expect, test } from 'bun:test'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT, run } from '../docs/checkout.ts'

const MAX_MEGABYTES = 110

test('a production install is small, and serves the API reference from the file that was built', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-production-'))
  try {
    for (const name of ['package.json', 'bun.lock', 'tsconfig.json', 'contracts', 'src'])
      await cp(join(ROOT, name), join(folder, name), { recursive: true })
    await run([process.execPath, 'install', '--frozen-lockfile', '--production'], folder)
    const size = Number((await run(['du', '-sm', 'node_modules'], folder)).split('\t')[0])
    expect(size).toBeLessThanOrEqual(MAX_MEGABYTES)
    await run([process.execPath, 'run', 'build:reference'])
    await cp(join(ROOT, 'dist/reference.js.gz'), join(folder, 'dist/reference.js.gz'))
    const asked = `
      import { readConfig } from './src/config.ts'
      import { startServer } from './src/server.ts'
      const server = await startServer(readConfig({ PORT: '0', PARLEY_DATA_DIR: './data', PARLEY_LOG_LEVEL: 'silent' }))
      const script = await fetch(server.url + '/docs/assets/reference.js')
      console.log(script.status, script.headers.get('content-type'), (await script.text()).length > 1_000_000)
      await server.stop()
    `
    expect(await run([process.execPath, '-e', asked], folder)).toBe('200 text/javascript; charset=utf-8 true\n')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
