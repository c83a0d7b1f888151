/**
 * `bun run build:binary [FILE]`: the server and the `parley` command as one executable, `dist/parley` unless another file is
 * named. It needs neither Bun nor packages where it runs.
 */
import { join, resolve } from 'node:path'
import { packagedReference } from '../../src/transport/reference.ts'
import { BUN, ROOT } from './install.ts'

const [outfile = join(ROOT, 'dist/parley')] = process.argv.slice(2)
const reference = join(ROOT, 'dist/reference.js.gz')
await Bun.write(reference, await packagedReference())
// Workers and files are found in the executable by their names alone.
const naming = ['--entry-naming', '[name].[ext]', '--asset-naming', '[name].[ext]']
const entries = ['src/main.ts', 'src/adapters/search/fts/worker.ts', reference]
const build = Bun.spawn([BUN, 'build', '--compile', ...naming, ...entries, '--outfile', resolve(outfile)], {
  cwd: ROOT,
  stdio: ['ignore', 'ignore', 'inherit'],
})
process.exit(await build.exited)
