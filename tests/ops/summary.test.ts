import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { linesOf, summarize } from '../../scripts/ops/summary.ts'

type Result = 'pass' | 'skip' | 'fail'
type Tests = Record<string, Record<string, Result>>

const BODY: Record<Result, string> = { pass: '', skip: '<skipped />', fail: '<failure message="no" />' }

const reportOf = (tests: Tests) =>
  Object.entries(tests)
    .flatMap(([file, results]) =>
      Object.entries(results).map(
        ([name, result]) => `<testcase name="${name}" classname="" file="${file}">${BODY[result]}</testcase>`,
      ),
    )
    .join('')

/** The last line for runs with these reports. */
async function countsOf(...runs: { tests?: Tests; mongo?: boolean; code?: number; files?: string[] }[]) {
  const folder = await mkdtemp(join(tmpdir(), 'parley-summary-'))
  try {
    const written = await Promise.all(
      runs.map(async ({ tests, mongo = false, code = 0, files = [] }, index) => {
        const report = join(folder, `${index}.xml`)
        if (tests) await Bun.write(report, reportOf(tests))
        return { name: `run ${index}`, report, code, mongo, files }
      }),
    )
    return linesOf(summarize(written)).at(-1)
  } finally {
    await rm(folder, { recursive: true })
  }
}

const embedded: Tests = {
  'api.ts': { 'alice sends': 'pass' },
  'mongo.ts': { 'no MongoDB here': 'skip' },
}

test('a skipped test is counted without MongoDB', async () => {
  expect(await countsOf({ tests: embedded })).toBe('1 passed, 0 failed, 1 skipped')
})

test('a file that ran on MongoDB speaks for what it skipped before', async () => {
  const tests: Tests = { 'api.ts': { 'alice sends': 'pass' }, 'mongo.ts': { 'two nodes race': 'pass' } }
  expect(await countsOf({ tests: embedded }, { tests, mongo: true })).toBe('3 passed, 0 failed, 0 skipped')
})

test('a test that the run on MongoDB skips has failed, and so has a MongoDB suite that it does not run', async () => {
  const skips: Tests = { 'mongo.ts': { 'two nodes race': 'skip', 'one lags': 'pass' } }
  expect(await countsOf({ tests: embedded }, { tests: skips, mongo: true })).toBe('2 passed, 1 failed, 0 skipped')
  const elsewhere: Tests = { 'api.ts': { a: 'pass' } }
  expect(await countsOf({ tests: embedded }, { tests: elsewhere, mongo: true })).toBe('2 passed, 1 failed, 0 skipped')
})

test('a test that the run on MongoDB skips because another server is not there is counted as skipped', async () => {
  const skips: Tests = {
    'redis.ts': { 'a bus: REDIS_URL is not set': 'skip', 'a store: MONGODB_URL is not set': 'skip' },
  }
  expect(await countsOf({ tests: embedded }, { tests: skips, mongo: true })).toBe('1 passed, 2 failed, 1 skipped')
})

test('each failed test is a failure, whatever the run ends with', async () => {
  const tests: Tests = { 'api.ts': { a: 'fail', b: 'pass', c: 'fail' } }
  expect(await countsOf({ tests, code: 1 })).toBe('1 passed, 2 failed, 0 skipped')
  expect(await countsOf({ tests, code: 0 })).toBe('1 passed, 2 failed, 0 skipped')
})

test('a run that fails without a failed test, or reports no test, is one failure', async () => {
  expect(await countsOf({ tests: { 'api.ts': { a: 'pass' } }, code: 1 })).toBe('1 passed, 1 failed, 0 skipped')
  expect(await countsOf({ tests: {} })).toBe('0 passed, 1 failed, 0 skipped')
  expect(await countsOf({ code: 124 }, { tests: embedded })).toBe('1 passed, 1 failed, 1 skipped')
})

test('a file that did not load is a failure beside the failed tests', async () => {
  const files = ['api.ts', 'broken.ts']
  const tests: Tests = { 'api.ts': { a: 'fail' } }
  expect(await countsOf({ tests, code: 1, files })).toBe('0 passed, 2 failed, 0 skipped')
})
