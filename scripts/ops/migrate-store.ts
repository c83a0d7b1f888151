/** `bun scripts/ops/migrate-store.ts --from DATA_FOLDER`: the command `parley move` under another name (docs/deploy.md). */
import { runProcess } from '../../src/cli/process.ts'

void runProcess(['move', ...process.argv.slice(2)], process.env)
