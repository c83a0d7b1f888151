import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfig } from '../../src/config.ts'
import { startServer } from '../../src/server.ts'

test('a start that fails after the stores were opened closes them, so that the next one in this process succeeds', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-failed-start-'))
  try {
    const settings = { PORT: '0', PARLEY_DATA_DIR: folder, PARLEY_LOG_LEVEL: 'silent' }
    const wrong = { ...settings, PARLEY_FCM_ACCOUNT: join(folder, 'absent.json') }
    const failure = await startServer(readConfig(wrong)).catch((error: unknown) => error)
    expect(String(failure)).toContain('PARLEY_FCM_ACCOUNT')
    await using server = await startServer(readConfig(settings))
    expect((await fetch(`${server.url}/health/ready`)).status).toBe(200)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
