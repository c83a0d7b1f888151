import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from '../install.ts'
import { bundle } from './bundle.ts'
import { declare } from './declarations.ts'
import { manifest } from './manifest.ts'

/** Writes the npm package `parley-client` into a folder, which is emptied first. */
export async function buildClient(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await Promise.all([
    bundle(folder),
    declare(folder),
    manifest().then(json => writeFile(join(folder, 'package.json'), `${JSON.stringify(json, null, 2)}\n`)),
    copyFile(join(ROOT, 'src/package/README.md'), join(folder, 'README.md')),
    copyFile(join(ROOT, 'LICENSE'), join(folder, 'LICENSE')),
  ])
}
