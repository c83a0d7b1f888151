/** `bun run up`: installs what is missing and starts the server under the pinned Bun. Settings: docs/configuration.md. */
import { join } from 'node:path'
import { BUN, ROOT, ensureInstalled } from './install.ts'

ensureInstalled()
const server = Bun.spawn([BUN, join(ROOT, 'src/main.ts'), ...process.argv.slice(2)], {
  stdio: ['inherit', 'inherit', 'inherit'],
})
// Ctrl-C also reaches the server directly; a second SIGTERM has no effect.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => server.kill('SIGTERM'))
process.exit(await server.exited)
