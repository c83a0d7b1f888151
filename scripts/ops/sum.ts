/**
 * `sum.ts [--mongo] [skipped=<what>] <report>=<exit code>…`: the last line of `.ci/run`. A test that was skipped in one run
 * and ran in another is not skipped. With `--mongo` there was a MongoDB, so a skipped test that names it has failed. A run
 * that failed without a failed test (lint, a file that does not load, a limit of time) counts as one failure.
 */
import { outcomes } from './junit.ts'

const args = process.argv.slice(2)
const runs = args.flatMap(arg => {
  const [report = '', code = ''] = arg.split('=')
  return report.endsWith('.xml') ? [{ report, ended: Number(code), tests: outcomes(report) }] : []
})
const all = runs.flatMap(({ tests }) => tests)
const ran = new Set(all.filter(({ result }) => result !== 'skipped').map(({ name }) => name))
const left = new Set(all.map(({ name }) => name)).difference(ran)
const refused = [...left].filter(name => args.includes('--mongo') && /mongo/i.test(name))

const failures = [
  ...all.filter(({ result }) => result === 'failed').map(({ name }) => name),
  ...refused.map(name => `${name} (skipped although MongoDB is here)`),
  ...runs
    .filter(({ ended, tests }) => ended !== 0 && !tests.some(({ result }) => result === 'failed'))
    .map(({ report, ended }) => `the run of ${report} ended with code ${ended}`),
]
const skips = [
  ...[...left].filter(name => !refused.includes(name)),
  ...args.flatMap(arg => (arg.startsWith('skipped=') ? [arg.slice('skipped='.length)] : [])),
]
for (const failure of failures) process.stdout.write(`failed: ${failure}\n`)
for (const skip of skips) process.stdout.write(`skipped: ${skip}\n`)

const passed = all.filter(({ result }) => result === 'passed').length
process.stdout.write(`${passed} passed, ${failures.length} failed, ${skips.length} skipped\n`)
process.exit(failures.length > 0 || passed === 0 ? 1 : 0)
