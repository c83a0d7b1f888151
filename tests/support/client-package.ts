import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, readdir, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dir, '../..')
const BUILDS = join(ROOT, 'dist/client-builds')
/** What the package is made of. */
const SOURCES = ['src/{sdk,package}/**', 'contracts/**', 'scripts/ops/client/**', '{package,tsconfig}.json', 'LICENSE']

/** The folder of the npm package `parley-client`, built once for one state of its sources, whichever test asks first. */
export async function builtClient(): Promise<string> {
  const built = join(BUILDS, await stateOfSources())
  if (existsSync(built)) return built
  await mkdir(BUILDS, { recursive: true })
  const folder = await mkdtemp(join(BUILDS, 'building-'))
  const build = Bun.spawn([process.execPath, 'scripts/ops/build-client.ts', folder], {
    cwd: ROOT,
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const errors = await new Response(build.stderr).text()
  if ((await build.exited) !== 0) throw new Error(`the client could not be built:\n${errors}`)
  // Another test process may have built it meanwhile.
  await rename(folder, built).catch(async (error: unknown) => {
    await rm(folder, { recursive: true, force: true })
    if (!existsSync(built)) throw error
  })
  // Those of earlier states.
  for (const name of await readdir(BUILDS))
    if (/^[0-9a-f]{16}$/.test(name) && !built.endsWith(name))
      await rm(join(BUILDS, name), { recursive: true, force: true })
  return built
}

async function stateOfSources(): Promise<string> {
  const files = SOURCES.flatMap(pattern => [...new Bun.Glob(pattern).scanSync(ROOT)]).toSorted()
  const hash = createHash('sha256')
  for (const file of files) hash.update(file).update(await readFile(join(ROOT, file)))
  return hash.digest('hex').slice(0, 16)
}
