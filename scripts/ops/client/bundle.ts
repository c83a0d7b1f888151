import { build } from 'esbuild'
import { ENTRIES, FLOOR, PEERS, sourceOf } from './entries.ts'

/** Writes the modules and their source maps. What two entries share is one more module, so that both have the same classes. */
export async function bundle(folder: string): Promise<void> {
  await build({
    entryPoints: Object.values(ENTRIES).map(entry => ({ in: sourceOf(entry), out: entry.name })),
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'neutral',
    target: FLOOR,
    external: Object.keys(PEERS),
    chunkNames: 'shared-[hash]',
    sourcemap: true,
    charset: 'utf8',
    logLevel: 'error',
  })
}

/** A module as a bundler of a page would make it, minified, to measure it. */
export async function minified(source: string, folder: string): Promise<Uint8Array> {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: folder },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'neutral',
    target: FLOOR,
    external: Object.keys(PEERS),
    legalComments: 'none',
    write: false,
    logLevel: 'error',
  })
  const [only] = outputFiles
  if (!only) throw new Error('the bundler has made no file')
  return only.contents
}
