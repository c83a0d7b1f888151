/** `bun run verify`: installs what is missing and runs `check` under the pinned Bun. */
import { join } from 'node:path'
import { BUN, ROOT, ensureInstalled } from './install.ts'

try {
  ensureInstalled()
} catch (error) {
  process.stdout.write(`failed: ${String(error)}\n0 passed, 1 failed, 0 skipped\n`)
  process.exit(1)
}
const check = Bun.spawn([BUN, join(ROOT, 'scripts/ops/check.ts')], { stdio: ['ignore', 'inherit', 'inherit'] })
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => check.kill('SIGTERM'))
process.exit(await check.exited)
