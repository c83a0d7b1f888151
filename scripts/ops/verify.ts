/** `bun run verify`: installs, then format, types, lint and tests; stops at the first that fails. */
import { mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { BUN, ROOT, ensureInstalled } from './install.ts'
import { outcomes } from './junit.ts'

const REPORT = join(ROOT, 'dist/reports/verify.xml')

ensureInstalled()
rmSync(REPORT, { force: true })
mkdirSync(dirname(REPORT), { recursive: true })

for (const step of ['format:check', 'types', 'lint']) await run(step, [BUN, 'run', '--silent', step])
await run('test', [BUN, 'run', '--silent', 'test', '--reporter=junit', `--reporter-outfile=${REPORT}`])

const tests = outcomes(REPORT)
const skipped = tests.filter(({ result }) => result === 'skipped')
if (skipped.length === tests.length) stop('no test ran')
for (const { name } of skipped) process.stdout.write(`not run: ${name}\n`)
process.stdout.write(
  `verify: format, types, lint and ${tests.length - skipped.length} tests hold${skipped.length > 0 ? `, ${skipped.length} not run` : ''}\n`,
)

async function run(name: string, command: string[]): Promise<void> {
  process.stdout.write(`\n== ${name}\n`)
  const child = Bun.spawn(command, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] })
  const kill = () => child.kill('SIGTERM')
  process.on('SIGINT', kill).on('SIGTERM', kill)
  const code = await child.exited
  process.off('SIGINT', kill).off('SIGTERM', kill)
  if (code !== 0) stop(`${name} failed`)
}

function stop(why: string): never {
  process.stdout.write(`verify: ${why}\n`)
  process.exit(1)
}
