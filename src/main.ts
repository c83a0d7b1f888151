import { resolve } from 'node:path'
import { ConfigError, readConfig } from './config.ts'
import { startServer, type Running } from './server.ts'

/** The process: configuration, server, signals. */
async function main(): Promise<void> {
  const config = readConfig(process.env)
  const server = await startServer(config)
  const lines = [`Parley is running at ${server.url} (API reference: ${server.url}/docs)`]
  lines.push(config.mongodb_url === null ? `Data: ${resolve(config.data_dir)}` : 'Data: MongoDB')
  if (server.admin) lines.push(`First ADMIN: ${server.admin.username}`)
  if (server.admin?.password) lines.push(`Password, shown this once: ${server.admin.password}`)
  process.stdout.write(`${lines.join('\n')}\n`)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void shutDown(server))
}

async function shutDown(server: Running): Promise<void> {
  await server.stop()
  process.exit(0)
}

main().catch((error: unknown) => {
  // A wrong setting is the operator's to mend: the message is enough. Anything else wants its stack.
  process.stderr.write(
    `${error instanceof ConfigError ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
  )
  process.exit(error instanceof ConfigError ? 2 : 1)
})
