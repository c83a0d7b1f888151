/** What the npm package `parley-client` exports. */
import { join } from 'node:path'
import { ROOT } from '../install.ts'

export interface Entry {
  /** The name of its files in the package: `index.js`, `index.d.ts`. */
  readonly name: string
  readonly source: string
}

/** By the key in `exports`. */
export const ENTRIES: Readonly<Record<string, Entry>> = {
  '.': { name: 'index', source: 'src/sdk/index.ts' },
  './store': { name: 'store', source: 'src/sdk/store/index.ts' },
  './react': { name: 'react', source: 'src/sdk/react/index.ts' },
  './contract': { name: 'contract', source: 'src/package/contract.ts' },
  './trpc': { name: 'trpc', source: 'src/package/trpc.ts' },
  './eden': { name: 'eden', source: 'src/package/eden.ts' },
}

/** The oldest platforms on which the client runs. Newer syntax is rewritten. */
export const FLOOR = ['safari15.4', 'chrome100', 'firefox100', 'node18']

/** Packages of the project that installs the client, each for one entry. None is needed for `parley-client` itself. */
export const PEERS: Readonly<Record<string, string>> = {
  '@elysiajs/eden': '^1.4.0',
  '@trpc/server': '^11.0.0',
  elysia: '^1.4.0',
  react: '>=18.0.0',
  zod: '^4.0.0',
}

export const sourceOf = ({ source }: Entry) => join(ROOT, source)
