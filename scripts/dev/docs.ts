/** `bun run docs`: writes the tables of the documentation anew. */
import { GENERATED, generated, pathOf } from './docs-tables.ts'

for (const file of GENERATED) await Bun.write(pathOf(file), await generated(file))
