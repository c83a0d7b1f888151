import { join, resolve } from 'node:path'
import { ConfigError, SETTINGS, readConfig } from './config.ts'
import type { FirstAdmin } from './features/users/first-admin.ts'
import { startServer, type Running } from './server.ts'

/** The process: arguments, configuration, server, signals. */
async function main(): Promise<void> {
  const [argument] = process.argv.slice(2)
  if (argument === '--help') return say(...help())
  if (argument === '--version') return say(await version())
  if (argument !== undefined) throw new ConfigError(`unknown argument ${argument} (try --help)`)
  const config = readConfig(process.env)
  const server = await startServer(config, { announce })
  say(
    `Parley is running at ${server.url} (API reference: ${server.url}/docs)`,
    config.mongodb_url === null ? `Data: ${resolve(config.data_dir)}` : 'Data: MongoDB',
  )
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void shutDown(server))
}

function help(): string[] {
  return [
    'Usage: bun src/main.ts [--help | --version]',
    '',
    'Starts the Parley server until SIGTERM or SIGINT. Environment variables that it reads:',
    '',
    ...Object.entries(SETTINGS).map(([name, { description = '' }]) => `  ${name.padEnd(24)} ${description}`),
  ]
}

async function version(): Promise<string> {
  const manifest: unknown = await Bun.file(join(import.meta.dir, '../package.json')).json()
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown'
}

function announce({ username, password }: FirstAdmin): void {
  say(`First ADMIN: ${username}`, ...(password === null ? [] : [`Password, shown this once: ${password}`]))
}

/** Writes all lines in one call, because a program that reads the first line of the output may close it before the second. */
function say(...lines: string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}

async function shutDown(server: Running): Promise<void> {
  await server.stop()
  process.exit(0)
}

main().catch((error: unknown) => {
  // The operator can correct a setting by the message. Other errors need their stack.
  const wrong_setting = error instanceof ConfigError
  process.stderr.write(`${wrong_setting ? error.message : String(error instanceof Error ? error.stack : error)}\n`)
  process.exit(wrong_setting ? 2 : 1)
})
