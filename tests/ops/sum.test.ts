import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const SUM = resolve(import.meta.dir, '../../scripts/ops/sum.ts')

type Result = 'pass' | 'skip' | 'fail'
type Run = Record<string, Record<string, Result>>

const BODY: Record<Result, string> = { pass: '', skip: '<skipped />', fail: '<failure message="no" />' }

const report = (run: Run) =>
  Object.entries(run)
    .flatMap(([file, tests]) =>
      Object.entries(tests).map(
        ([name, result]) => `<testcase name="${name}" classname="" file="${file}">${BODY[result]}</testcase>`,
      ),
    )
    .join('')

/** What `sum.ts` says of the runs: its last line and its exit code. */
async function sum(runs: { tests?: Run; mongo?: boolean; code?: number }[], ...more: string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'parley-sum-'))
  try {
    const args = await Promise.all(
      runs.map(async ({ tests, mongo = false, code = 0 }, index) => {
        const path = join(folder, `${index}.xml`)
        if (tests) await Bun.write(path, report(tests))
        return `${mongo ? 'mongo:' : ''}${path}=${code}`
      }),
    )
    const { exitCode, stdout } = Bun.spawnSync([process.execPath, SUM, ...args, ...more])
    return [stdout.toString().trim().split('\n').at(-1), exitCode]
  } finally {
    await rm(folder, { recursive: true })
  }
}

const embedded: Run = {
  'api.ts': { 'alice sends': 'pass' },
  'mongo.ts': { 'no MongoDB here': 'skip' },
}

test('a skipped test is counted and named, without MongoDB', async () => {
  expect(await sum([{ tests: embedded }], 'skipped=the suites on MongoDB')).toEqual([
    '1 passed, 0 failed, 2 skipped',
    0,
  ])
})

test('a file that ran on MongoDB speaks for what it skipped before', async () => {
  const tests: Run = { 'api.ts': { 'alice sends': 'pass' }, 'mongo.ts': { 'two nodes race': 'pass' } }
  expect(await sum([{ tests: embedded }, { tests, mongo: true }])).toEqual(['3 passed, 0 failed, 0 skipped', 0])
})

test('what the run on MongoDB skips has failed, and so has a MongoDB suite that it does not run', async () => {
  const skips: Run = { 'mongo.ts': { 'two nodes race': 'skip', 'one lags': 'pass' } }
  expect(await sum([{ tests: embedded }, { tests: skips, mongo: true }])).toEqual(['2 passed, 1 failed, 0 skipped', 1])
  expect(await sum([{ tests: embedded }, { tests: { 'api.ts': { a: 'pass' } }, mongo: true }])).toEqual([
    '2 passed, 1 failed, 0 skipped',
    1,
  ])
})

test('a MongoDB that does not start fails the run and the suites that needed it', async () => {
  expect(await sum([{ tests: embedded }, { mongo: true, code: 1 }])).toEqual(['1 passed, 2 failed, 0 skipped', 1])
})

test('a failed test is one failure, a run that fails without one is one too, and no test at all is none', async () => {
  expect(await sum([{ tests: { 'api.ts': { a: 'fail', b: 'pass' } }, code: 1 }])).toEqual([
    '1 passed, 1 failed, 0 skipped',
    1,
  ])
  expect(await sum([{ tests: { 'api.ts': { a: 'pass' } }, code: 1 }])).toEqual(['1 passed, 1 failed, 0 skipped', 1])
  expect(await sum([{ tests: {} }])).toEqual(['0 passed, 0 failed, 0 skipped', 1])
})
