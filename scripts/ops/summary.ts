import { outcomes } from './junit.ts'

/** One run of `bun test`. */
export interface Run {
  name: string
  /** Path of its JUnit report, which does not exist if the run ended before the first test. */
  report: string
  code: number
  /** Whether its suites ran on MongoDB. */
  mongo: boolean
  /** Test files that the report must name. A file that does not load is not in the report. */
  files: readonly string[]
}

export interface Summary {
  passed: number
  failures: string[]
  skips: string[]
}

/**
 * Counts the outcomes of the runs. If a file also ran on MongoDB, its skipped tests are counted there. A test that is skipped
 * in that run, or that names MongoDB and did not run although there was a MongoDB, counts as failed, unless it names the setting
 * of another server that is not set.
 */
export function summarize(runs: readonly Run[]): Summary {
  const all = runs.flatMap(({ report, mongo }) => outcomes(report).map(test => ({ ...test, mongo })))
  const filesOnMongo = new Set(all.flatMap(({ mongo, file }) => (mongo ? [file] : [])))
  const skipped = all.filter(test => test.result === 'skipped' && (test.mongo || !filesOnMongo.has(test.file)))
  const withMongo = runs.some(({ mongo }) => mongo)
  const refused = skipped.filter(
    ({ mongo, name }) => (mongo || (withMongo && /mongo/i.test(name))) && !OTHER_SERVER_AWAY.test(name),
  )
  return {
    passed: all.filter(({ result }) => result === 'passed').length,
    failures: [...runs.flatMap(failuresOf), ...refused.map(({ name }) => `${name} (skipped although MongoDB is here)`)],
    skips: skipped.flatMap(test => (refused.includes(test) ? [] : [test.name])),
  }
}

const OTHER_SERVER_AWAY = /\b(?!MONGODB_URL)[A-Z0-9_]+ is not set/

/** The failed tests of a run; if the run failed without a failed test, the run itself. */
function failuresOf({ name, report, code, files }: Run): string[] {
  const tests = outcomes(report)
  const named = new Set(tests.map(({ file }) => file))
  const failures = [
    ...tests.flatMap(test => (test.result === 'failed' ? [`${name}: ${test.name}`] : [])),
    ...(tests.length === 0 ? [] : files.flatMap(file => (named.has(file) ? [] : [`${name}: ${file} ran no test`]))),
  ]
  if (failures.length === 0 && (code !== 0 || tests.length === 0)) return [`${name}: ended with code ${code}`]
  return failures
}

/** A line for each failed and each skipped test, and the counts as the last line. */
export function linesOf({ passed, failures, skips }: Summary): string[] {
  return [
    ...skips.map(skip => `skipped: ${skip}`),
    ...failures.map(failure => `failed: ${failure}`),
    `${passed} passed, ${failures.length} failed, ${skips.length} skipped`,
  ]
}
