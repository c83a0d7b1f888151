/** `bun run docs`: generates the tables of the documentation and the types of the client again, and prints what changed. */
import { join, resolve } from 'node:path'
import { CLIENT_FILES, clientFile } from './client-types.ts'
import { GENERATED, generated } from './docs-tables.ts'

const ROOT = resolve(import.meta.dir, '../..')

for (const file of GENERATED) await write(`docs/${file}`, await generated(file))
for (const file of CLIENT_FILES) await write(file, await clientFile(file))

async function write(file: string, text: string): Promise<void> {
  const path = join(ROOT, file)
  const before = await Bun.file(path)
    .text()
    .catch(() => null)
  if (before !== text) await Bun.write(path, text)
  console.log(`${file}: ${before === text ? 'unchanged' : 'written'}`)
}
