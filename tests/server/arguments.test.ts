import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { SETTINGS } from '../../src/settings.ts'

const ROOT = join(import.meta.dir, '../..')

/** Runs the server's entry with an argument, in a folder of its own where nothing may be made. */
async function run(argument: string): Promise<{ code: number; output: string; errors: string }> {
  const child = Bun.spawn([process.execPath, join(ROOT, 'src/main.ts'), argument], {
    env: { PATH: process.env['PATH'] ?? '', PORT: '0', PARLEY_DATA_DIR: '/nonexistent/parley' },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [output, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return { code: await child.exited, output, errors }
}

test('the server entry prints its settings for --help and exits without a start', async () => {
  const { code, output, errors } = await run('--help')
  expect([code, errors]).toEqual([0, ''])
  for (const name of Object.keys(SETTINGS)) expect(output).toContain(name)
})

test('the server entry prints the version of package.json for --version and exits without a start', async () => {
  const manifest = (await Bun.file(join(ROOT, 'package.json')).json()) as { version: string }
  expect(await run('--version')).toEqual({ code: 0, output: `${manifest.version}\n`, errors: '' })
})

test('the server entry refuses an argument that it does not know', async () => {
  const { code, output, errors } = await run('--prot')
  expect([code, output]).toEqual([2, ''])
  expect(errors).toContain('--prot')
})
