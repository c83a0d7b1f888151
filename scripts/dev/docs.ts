/** `bun run docs`: generates the tables of the documentation again and prints which documents changed. */
import { GENERATED, generated, pathOf } from './docs-tables.ts'

for (const file of GENERATED) {
  const [before, after] = [await Bun.file(pathOf(file)).text(), await generated(file)]
  if (before !== after) await Bun.write(pathOf(file), after)
  console.log(`docs/${file}: ${before === after ? 'unchanged' : 'written'}`)
}
