import { resolve } from 'node:path'
import { readConfig } from '../config.ts'
import { startServer } from '../server.ts'
import { refuseArguments, type Invocation } from './command.ts'

export async function run({ args, environment, say }: Invocation): Promise<number> {
  refuseArguments(args)
  const config = readConfig(environment)
  const server = await startServer(config, {
    announce: ({ username, password }) =>
      say(`First ADMIN: ${username}`, ...(password === null ? [] : [`Password, shown this once: ${password}`])),
  })
  say(
    `Parley is running at ${server.url} (API reference: ${server.url}/docs)`,
    config.mongodb_url === null ? `Data: ${resolve(config.data_dir)}` : 'Data: MongoDB',
  )
  await signalled()
  await server.stop()
  return 0
}

function signalled(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve())
  return promise
}
