/**
 * `bun run check`: format, types and lint, every test on SQLite, and, where `MONGODB_URL` names a server, the server's suites
 * on MongoDB and the other servers that the settings name. Prints what fails, what is skipped and, as the last line, the counts; exits with 1 if anything failed.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { BUN, ROOT } from './install.ts'
import { linesOf, summarize, type Run } from './summary.ts'

const STEPS = ['format:check', 'types', 'lint']
/** For the tests of one stack, several times what they take. A test that never lets go of its thread has no other limit. */
const LIMIT_MS = 25 * 60_000
const REPORTS = join(ROOT, 'dist/reports')

const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
const [, onSqliteOnly = '', folders = ''] = /--path-ignore-patterns=(\S+) (.*)/.exec(scripts['test:mongo'] ?? '') ?? []
const onMongo = folders.split(' ')
const allFiles = [...new Bun.Glob('tests/**/*.test.ts').scanSync(ROOT)]
const mongo = process.env['MONGODB_URL']
const ofServers = (name: string) => /^(MONGODB_URL|REDIS_URL|S3_.*|PARLEY_TEST_STACK)$/.test(name)
// Some tests cause a warning of the runtime on purpose.
const full = { ...process.env, NODE_NO_WARNINGS: '1' }
const embedded = Object.fromEntries(Object.entries(full).filter(([name]) => !ofServers(name)))

rmSync(REPORTS, { recursive: true, force: true })
mkdirSync(REPORTS, { recursive: true })
const broken = (await Promise.all(STEPS.map(async step => ((await holds(step)) ? [] : [step])))).flat()
const runs = [await tested('SQLite', 'test', embedded, allFiles)]
if (mongo) {
  const files = allFiles.filter(
    file => onMongo.some(folder => file.startsWith(`${folder}/`)) && !new Bun.Glob(onSqliteOnly).match(file),
  )
  runs.push(await tested('MongoDB', 'test:mongo', full, files))
}
const { passed, failures, skips } = summarize(runs)
const summary = {
  passed,
  failures: [...broken, ...failures],
  skips: mongo ? skips : [...skips, `test:mongo (${onMongo.join(' ')}): MONGODB_URL is not set`],
}
process.stdout.write(`\n${linesOf(summary).join('\n')}\n`)
process.exit(summary.failures.length === 0 ? 0 : 1)

/** Runs a script of package.json; prints its output if it fails. */
async function holds(step: string): Promise<boolean> {
  const child = Bun.spawn([BUN, 'run', '--silent', step], {
    cwd: ROOT,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [code, ...texts] = await Promise.all([
    endOf(child),
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ])
  if (code !== 0) process.stdout.write(`\n== ${step}\n${texts.join('')}`)
  return code === 0
}

async function tested(name: string, script: string, env: Record<string, string | undefined>, files: string[]) {
  process.stdout.write(`\n== tests on ${name}\n`)
  const report = join(REPORTS, `${name.toLowerCase()}.xml`)
  const options = ['--only-failures', '--reporter=junit', `--reporter-outfile=${report}`]
  const child = Bun.spawn([BUN, 'run', '--silent', script, ...options], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  // The runner then names the files that it was running.
  const limit = setTimeout(() => child.kill('SIGTERM'), LIMIT_MS)
  const code = await endOf(child)
  clearTimeout(limit)
  return { name, report, code, mongo: script === 'test:mongo', files } satisfies Run
}

/** Runs a command and returns its exit code. A signal to this process ends the command. */
async function endOf(child: Bun.Subprocess): Promise<number> {
  const kill = () => child.kill('SIGTERM')
  process.on('SIGINT', kill).on('SIGTERM', kill)
  const code = await child.exited
  process.off('SIGINT', kill).off('SIGTERM', kill)
  return code
}
