/** `bun run build:reference`: the script of the API reference page as one file, for installs without development packages. */
import { join } from 'node:path'
import { packagedReference } from '../../src/transport/reference.ts'
import { ROOT } from './install.ts'

await Bun.write(join(ROOT, 'dist/reference.js.gz'), await packagedReference())
