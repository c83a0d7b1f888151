import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { end, run, type Ended } from '../docs/checkout.ts'
import { builtClient } from '../support/client-package.ts'

/** A project outside the repository that has installed the packed client. */
export interface Project extends AsyncDisposable {
  readonly folder: string
  /** The packed client. */
  readonly tarball: string
  write(files: Record<string, string>): Promise<void>
  /** Runs a program in the project's folder, or in one below it. */
  run(command: string[], below?: string): Promise<string>
  end(command: string[], below?: string): Promise<Ended>
}

/** The registry could not be reached. */
export class NoRegistry extends Error {
  override readonly name = 'NoRegistry'
}
const UNREACHABLE = /ConnectionRefused|ConnectionClosed|FailedToOpenSocket|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|Timeout/i

/** Packs the client and installs it, with other packages, into a fresh folder. */
export async function openProject(packages: Record<string, string>): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-package-'))
  const write = async (files: Record<string, string>) => {
    for (const [name, text] of Object.entries(files)) await Bun.write(join(folder, name), text)
  }
  const packed = await run([process.execPath, 'pm', 'pack', '--quiet', '--destination', folder], await builtClient())
  const tarball = join(folder, packed.trim().split('/').at(-1) ?? '')
  const dependencies = { 'parley-client': `file:${tarball}`, ...packages }
  await write({ 'package.json': JSON.stringify({ name: 'app', private: true, type: 'module', dependencies }) })
  const installed = await end([process.execPath, 'install', '--ignore-scripts', '--no-summary'], folder)
  if (installed.code !== 0) {
    await rm(folder, { recursive: true, force: true })
    if (UNREACHABLE.test(installed.errors)) throw new NoRegistry(installed.errors)
    throw new Error(`the packages could not be installed:\n${installed.errors}`)
  }
  return {
    folder,
    tarball,
    write,
    run: (command, below = '') => run(command, join(folder, below)),
    end: (command, below = '') => end(command, join(folder, below)),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/** The names of what is installed. */
export async function installedIn(folder: string): Promise<string[]> {
  const names = await readdir(join(folder, 'node_modules'))
  return names.filter(name => !name.startsWith('.')).toSorted()
}
