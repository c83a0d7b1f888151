import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from '../install.ts'
import { ENTRIES, PEERS } from './entries.ts'

/** The package.json of the client, with the version of the repository. */
export async function manifest(): Promise<object> {
  const { version, license } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as Record<string, string>
  return {
    name: 'parley-client',
    version,
    description: 'The TypeScript client of Parley, a self-hosted realtime chat server.',
    keywords: ['chat', 'realtime', 'messaging', 'websocket', 'parley'],
    license,
    type: 'module',
    sideEffects: false,
    engines: { node: '>=18' },
    // For tools that do not read `exports`.
    main: './index.js',
    types: './index.d.ts',
    exports: {
      ...Object.fromEntries(
        Object.entries(ENTRIES).map(([key, { name }]) => [key, { types: `./${name}.d.ts`, default: `./${name}.js` }]),
      ),
      './package.json': './package.json',
    },
    peerDependencies: PEERS,
    peerDependenciesMeta: Object.fromEntries(Object.keys(PEERS).map(name => [name, { optional: true }])),
  }
}
