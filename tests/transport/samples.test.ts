import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { openApiDocument } from '../../src/transport/openapi.ts'

interface Described {
  operationId: string
  'x-codeSamples'?: { lang: string; source: string }[]
}

const ROOT = resolve(import.meta.dir, '../..')
const NAMES: Record<string, string> = { shell: 'sh', typescript: 'ts', python: 'py' }

/** Runs a checker over a folder of samples; what it says if it fails. */
function run(folder: string, command: string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync(command, { cwd: folder })
  return exitCode === 0 ? '' : stdout.toString() + stderr.toString()
}

test('every operation has samples in three languages, which their compilers accept', async () => {
  // Cast: the document is made by this repository.
  const { paths } = openApiDocument('/') as { paths: Record<string, Record<string, Described>> }
  const folder = await mkdtemp(join(tmpdir(), 'parley-samples-'))
  let written = 0
  for (const { operationId, 'x-codeSamples': samples } of Object.values(paths).flatMap(each => Object.values(each))) {
    if (operationId.startsWith('system.')) continue
    expect([operationId, samples?.map(({ lang }) => lang)]).toEqual([operationId, Object.keys(NAMES)])
    for (const { lang, source } of samples ?? []) {
      await Bun.write(join(folder, `${operationId}.${NAMES[lang]}`), source)
      written += 1
    }
  }
  expect(written).toBeGreaterThan(200)
  const options = {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions: {
      composite: false,
      noEmit: true,
      lib: ['ESNext', 'DOM', 'DOM.Iterable'],
      types: [],
      skipLibCheck: true,
      paths: { 'parley-client': [join(ROOT, 'src/sdk/index.ts')] },
    },
    include: ['*.ts'],
  }
  await Bun.write(join(folder, 'tsconfig.json'), JSON.stringify(options))
  expect(run(folder, [join(ROOT, 'node_modules/.bin/tsc'), '-p', '.'])).toBe('')
  expect(run(folder, ['bash', '-c', 'for each in *.sh; do bash -n "$each" || exit 1; done'])).toBe('')
  expect(run(folder, ['bash', '-c', 'python3 -m py_compile *.py'])).toBe('')
  await rm(folder, { recursive: true })
})
