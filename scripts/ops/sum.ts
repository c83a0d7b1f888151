/**
 * `sum.ts [skipped=<what>] <report>=<exit code>… [mongo:<report>=<exit code>]`: the last line of `.ci/run`.
 *
 * If a file also ran on MongoDB, its skipped tests are counted there. If there was a MongoDB, a test that was skipped in that
 * run, or that names MongoDB and did not run, counts as failed. A run that failed without a failed test (lint, a file that
 * does not load, the time limit) counts as one failure.
 */
import { outcomes } from './junit.ts'

const args = process.argv.slice(2)
const runs = args.flatMap(arg => {
  const [, mongo, report = '', code] = /^(mongo:)?(.+\.xml)=(\d+)$/.exec(arg) ?? []
  return report === '' ? [] : [{ report, mongo: mongo !== undefined, ended: Number(code), tests: outcomes(report) }]
})
const all = runs.flatMap(({ mongo, tests }) => tests.map(test => ({ ...test, mongo })))
const onMongo = all.filter(({ mongo }) => mongo)
const filesOnMongo = new Set(onMongo.map(({ file }) => file))
const skipped = all.filter(test => test.result === 'skipped' && (test.mongo || !filesOnMongo.has(test.file)))
const refused = runs.some(({ mongo }) => mongo) ? skipped.filter(test => test.mongo || /mongo/i.test(test.name)) : []

const failures = [
  ...all.filter(({ result }) => result === 'failed').map(({ name }) => name),
  ...refused.map(({ name }) => `${name} (skipped although MongoDB is here)`),
  ...runs
    .filter(({ ended, tests }) => ended !== 0 && !tests.some(({ result }) => result === 'failed'))
    .map(({ report, ended }) => `the run of ${report} ended with code ${ended}`),
]
const skips = [
  ...skipped.filter(test => !refused.includes(test)).map(({ name }) => name),
  ...args.flatMap(arg => (arg.startsWith('skipped=') ? [arg.slice('skipped='.length)] : [])),
]
for (const failure of failures) process.stdout.write(`failed: ${failure}\n`)
for (const skip of skips) process.stdout.write(`skipped: ${skip}\n`)

const passed = all.filter(({ result }) => result === 'passed').length
process.stdout.write(`${passed} passed, ${failures.length} failed, ${skips.length} skipped\n`)
process.exit(failures.length > 0 || passed === 0 ? 1 : 0)
