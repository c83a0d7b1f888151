import { afterAll, beforeAll, expect, test } from 'bun:test'
import { copyFile, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

/** Which folder may import which is a lint rule. Each forbidden and allowed import is linted in a temporary folder. */
const ROOT = resolve(import.meta.dir, '../..')

const FORBIDDEN: [file: string, imports: string][] = [
  ['contracts/bad.ts', '../src/domain/roles.ts'],
  ['contracts/bad.ts', 'node:crypto'],
  ['src/domain/bad.ts', '../ports/storage.ts'],
  ['src/domain/bad.ts', 'zod'],
  ['src/domain/log/bad.ts', '../../features/index.ts'],
  ['src/ports/bad.ts', '../adapters/open.ts'],
  ['src/ports/bad.ts', 'mongodb'],
  ['src/identity/bad.ts', '../features/index.ts'],
  ['src/files/bad.ts', '../features/index.ts'],
  ['src/files/bad.ts', '../adapters/open.ts'],
  ['src/features/bad.ts', '../adapters/open.ts'],
  ['src/features/messages/bad.ts', '../../adapters/storage/sqlite/open.ts'],
  ['src/features/messages/bad.ts', '../../realtime/gateway.ts'],
  ['src/features/messages/bad.ts', '../../transport/http.ts'],
  ['src/features/messages/bad.ts', '../../gate.ts'],
  ['src/features/messages/bad.ts', 'bun:sqlite'],
  ['src/adapters/search/fts/bad.ts', '../../storage/sqlite/open.ts'],
  ['src/adapters/search/meilisearch/bad.ts', 'bun:sqlite'],
  ['src/adapters/storage/sqlite/bad.ts', '../mongo/open.ts'],
  ['src/adapters/storage/sqlite/bad.ts', 'mongodb'],
  ['src/adapters/storage/sqlite/bad.ts', '../../../features/index.ts'],
  ['src/adapters/storage/mongo/bad.ts', '../sqlite/open.ts'],
  ['src/adapters/storage/mongo/bad.ts', 'bun:sqlite'],
  ['src/adapters/storage/mongo/flush/bad.ts', '../../sqlite/open.ts'],
  ['src/adapters/storage/mongo/rows/bad.ts', 'bun:sqlite'],
  ['src/adapters/push/bad.ts', '../storage/sqlite/open.ts'],
  ['src/adapters/push/bad.ts', 'mongodb'],
  ['src/outbound/bad.ts', '../domain/roles.ts'],
  ['src/adapters/files/disk/bad.ts', '../minio/open.ts'],
  ['src/adapters/files/disk/bad.ts', 'minio'],
  ['src/adapters/files/minio/bad.ts', '../disk/open.ts'],
  ['src/adapters/bus/bad.ts', 'ioredis'],
  ['src/adapters/bus/redis/bad.ts', '../local.ts'],
  ['src/adapters/counting/bad.ts', '../bus/local.ts'],
  ['src/realtime/bad.ts', 'ioredis'],
  ['src/sdk/bad.ts', '../domain/roles.ts'],
  ['src/sdk/bad.ts', 'node:crypto'],
  ['src/sdk/bad.ts', 'zod'],
  ['src/sdk/bad.ts', '../../contracts/errors.ts'],
  ['src/sdk/store/bad.ts', '../../../contracts/errors.ts'],
  ['src/sdk/store/bad.ts', 'react'],
  ['src/sdk/react/bad.ts', 'react-dom'],
  ['src/sdk/state/bad.ts', '../../gate.ts'],
  ['src/package/bad.ts', '../domain/roles.ts'],
  ['src/package/bad.ts', '@trpc/client'],
  ['src/transport/bad.ts', '../adapters/open.ts'],
  ['src/transport/rest/bad.ts', '../../features/messages/handlers.ts'],
  ['src/realtime/bad.ts', '../adapters/storage/sqlite/open.ts'],
  ['src/realtime/bad.ts', '../features/index.ts'],
  ['src/transport/bad.ts', '../realtime/gateway.ts'],
  ['src/transport/rest/bad.ts', '../../realtime/hub.ts'],
  ['src/realtime/bad.ts', '../transport/http.ts'],
  ['src/http/bad.ts', '../transport/http.ts'],
  ['src/http/bad.ts', '../realtime/gateway.ts'],
  ['src/http/bad.ts', '../features/index.ts'],
  ['src/http/bad.ts', '../adapters/open.ts'],
  ['src/followers/bad.ts', '../adapters/open.ts'],
  ['src/jobs/bad.ts', '../realtime/hub.ts'],
  ['src/jobs/bad.ts', '../transport/http.ts'],
  ['src/backup/bad.ts', '../adapters/storage/sqlite/open.ts'],
  ['src/backup/bad.ts', '../features/index.ts'],
  ['src/backup/bad.ts', 'bun:sqlite'],
  ['src/metrics/bad.ts', '../gate.ts'],
  ['src/metrics/bad.ts', '../adapters/open.ts'],
  ['src/cli/bad.ts', '../transport/http.ts'],
  ['src/cli/bad.ts', '../adapters/storage/sqlite/open.ts'],
  ['src/gate.ts', './adapters/open.ts'],
  ['src/gate.ts', './realtime/gateway.ts'],
  ['src/gate.ts', './http/problem.ts'],
]

const ALLOWED: [file: string, imports: string][] = [
  ['contracts/good.ts', 'zod'],
  ['contracts/good.ts', './kit.ts'],
  ['src/domain/good.ts', './log/entry.ts'],
  ['src/domain/log/good.ts', '../records.ts'],
  ['src/domain/log/good.ts', '../../../contracts/kit.ts'],
  ['src/ports/good.ts', '../domain/log/entry.ts'],
  ['src/features/messages/good.ts', '../conversations/load.ts'],
  ['src/features/messages/good.ts', '../../context.ts'],
  ['src/features/messages/good.ts', '../../files/inspector.ts'],
  ['src/files/good.ts', '../ports/files.ts'],
  ['src/files/good.ts', 'file-type'],
  ['src/features/messages/good.ts', '../../followers/follower.ts'],
  ['src/followers/good.ts', '../features/index.ts'],
  ['src/jobs/good.ts', '../ports/jobs.ts'],
  ['src/adapters/storage/sqlite/good.ts', 'bun:sqlite'],
  ['src/adapters/storage/sqlite/good.ts', '../../../ports/storage.ts'],
  ['src/adapters/storage/mongo/good.ts', 'mongodb'],
  ['src/adapters/storage/mongo/flush/good.ts', '../rows/rows.ts'],
  ['src/adapters/push/good.ts', '../../outbound/request.ts'],
  ['src/outbound/good.ts', 'ipaddr.js'],
  ['src/adapters/files/minio/good.ts', '../intake.ts'],
  ['src/adapters/files/minio/good.ts', 'minio'],
  ['src/adapters/bus/redis/good.ts', 'ioredis'],
  ['src/adapters/counting/good.ts', 'rate-limiter-flexible'],
  ['src/adapters/open.ts', './storage/mongo/open.ts'],
  ['src/sdk/good.ts', './wire-types.ts'],
  ['src/sdk/store/good.ts', '../wire-types.ts'],
  ['src/sdk/react/good.ts', 'react'],
  ['src/package/good.ts', '../sdk/wire-types.ts'],
  ['src/package/good.ts', '@trpc/server'],
  ['src/realtime/good.ts', '../gate.ts'],
  ['src/realtime/good.ts', '../http/problem.ts'],
  ['src/transport/rest/good.ts', '../../http/problem.ts'],
  ['src/transport/good.ts', '../ports/sync.ts'],
  ['src/http/good.ts', '../gate.ts'],
  ['src/backup/good.ts', '../adapters/open.ts'],
  ['src/backup/good.ts', '../ports/backup.ts'],
  ['src/metrics/good.ts', '../ports/storage.ts'],
  ['src/cli/good.ts', '../adapters/open.ts'],
  ['src/server.ts', './adapters/open.ts'],
]

/** The other lint rules, each with a file that breaks it. */
const BREACHES: [rule: string, file: string, text: string][] = [
  ['no-explicit-any', 'src/rules/any.ts', 'export const value: any = 1'],
  ['no-non-null-assertion', 'src/rules/bang.ts', 'export const first = (list: string[]) => list[0]!.length'],
  ['no-default-export', 'src/rules/default.ts', 'export default 1'],
  ['no-console', 'src/rules/console.ts', 'console.log(1)'],
  ['no-restricted-properties', 'src/rules/environment.ts', 'export const port = process.env'],
  [
    'no-restricted-properties',
    'src/realtime/loud.ts',
    'export const tell = (server: { publish(topic: string): void }) => server.publish("room")',
  ],
  ['no-floating-promises', 'src/rules/floating.ts', 'export function start() {\n  Promise.resolve(1)\n}'],
  ['consistent-type-imports', 'src/rules/kinds.ts', 'import { A } from "./a.ts"\nexport const value: A = 1'],
  ['max-lines', 'src/rules/long.ts', 'export const value = [\n' + '  1,\n'.repeat(300) + ']'],
  ['no-cycle', 'src/rules/one.ts', 'import { two } from "./two.ts"\nexport const one = () => two'],
]

interface Finding {
  code: string
  filename: string
  line: number
}

let folder: string
let findings: Finding[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-arrows-'))
  for (const file of ['.oxlintrc.json', 'tsconfig.json', 'package.json'])
    await copyFile(join(ROOT, file), join(folder, file))
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  const files = new Map<string, string>([
    ['src/rules/a.ts', 'export type A = number'],
    ['src/rules/two.ts', 'import { one } from "./one.ts"\nexport const two = () => one'],
    ...BREACHES.map(([, file, text]): [string, string] => [file, text]),
  ])
  // One line for each import, so that the line of a finding identifies it.
  for (const [file, specifier] of [...FORBIDDEN, ...ALLOWED])
    files.set(file, `${files.get(file) ?? ''}import '${specifier}'\n`)
  for (const [file, text] of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await Bun.write(join(folder, file), text)
  }
  const lint = Bun.spawn(
    [join(ROOT, 'node_modules/.bin/oxlint'), '--type-aware', '--format', 'json', 'contracts', 'src'],
    {
      cwd: folder,
      stdout: 'pipe',
      stderr: 'inherit',
    },
  )
  findings = readFindings(await new Response(lint.stdout).json())
})

afterAll(() => rm(folder, { recursive: true, force: true }))

function readFindings(report: unknown): Finding[] {
  const { diagnostics } = report as {
    diagnostics: { code?: string; filename: string; labels: { span: { line: number } }[] }[]
  }
  return diagnostics.map(({ code, filename, labels }) => ({
    code: code ?? '',
    filename,
    line: labels[0]?.span.line ?? 0,
  }))
}

function arrowAt(file: string, specifier: string, table: [string, string][]): boolean {
  const line = table.filter(([name]) => name === file).findIndex(([, imports]) => imports === specifier) + 1
  return findings.some(
    finding => finding.code.includes('no-restricted-imports') && finding.filename === file && finding.line === line,
  )
}

test.each(FORBIDDEN)('%s may not import %s', (file, specifier) => {
  expect(arrowAt(file, specifier, FORBIDDEN)).toBe(true)
})

test.each(ALLOWED)('%s may import %s', (file, specifier) => {
  expect(arrowAt(file, specifier, ALLOWED)).toBe(false)
})

test.each(BREACHES)('%s is enforced', (rule, file) => {
  expect(findings.filter(finding => finding.filename === file).map(finding => finding.code)).toContainEqual(
    expect.stringContaining(rule),
  )
})

/** Where modules are loaded at run time, which the lint rule does not see. */
const LOADERS = ['src/adapters/open.ts', 'src/cli/commands.ts']

test('only the choice of adapters and of commands loads modules at run time', async () => {
  const sources = [...new Bun.Glob('{contracts,src}/**/*.ts').scanSync(ROOT)]
  const texts = await Promise.all(sources.map(file => Bun.file(join(ROOT, file)).text()))
  expect(sources.filter((_, index) => /\bimport\(/.test(texts[index] ?? '')).toSorted()).toEqual(LOADERS)
})
