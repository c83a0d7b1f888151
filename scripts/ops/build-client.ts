/**
 * `bun run build:client [FOLDER]`: the client as the npm package `parley-client`, in `dist/client` unless another folder is
 * named.
 */
import { join, resolve } from 'node:path'
import { buildClient } from './client/build.ts'
import { ROOT } from './install.ts'

const [folder = join(ROOT, 'dist/client')] = process.argv.slice(2)
await buildClient(resolve(folder))
