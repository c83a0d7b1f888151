import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from '../install.ts'
import { ENTRIES, sourceOf } from './entries.ts'

const TSC = join(ROOT, 'node_modules/.bin/tsc')

/** Writes the declarations below `types`, and for each entry one beside its module. */
export async function declare(folder: string): Promise<void> {
  const types = join(folder, 'types')
  await emit(types)
  for (const name of new Bun.Glob('**/*.d.ts').scanSync(types)) {
    const file = join(types, name)
    await writeFile(file, withExtensions(await readFile(file, 'utf8')))
  }
  for (const { name, source } of Object.values(ENTRIES))
    await writeFile(join(folder, `${name}.d.ts`), `export * from './types/${source.replace(/\.ts$/, '.js')}'\n`)
}

async function emit(outDir: string): Promise<void> {
  const settings = await mkdtemp(join(tmpdir(), 'parley-declarations-'))
  try {
    const compilerOptions = {
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
      noEmitOnError: true,
      stripInternal: true,
      rootDir: ROOT,
      outDir,
      types: [],
    }
    const project = {
      extends: join(ROOT, 'tsconfig.json'),
      compilerOptions,
      files: Object.values(ENTRIES).map(sourceOf),
    }
    await writeFile(join(settings, 'tsconfig.json'), JSON.stringify({ ...project, include: [] }))
    const tsc = Bun.spawn([TSC, '-p', settings], { cwd: ROOT, stdout: 'pipe', stderr: 'inherit' })
    const errors = await new Response(tsc.stdout).text()
    if ((await tsc.exited) !== 0) throw new Error(`the declarations could not be made:\n${errors}`)
  } finally {
    await rm(settings, { recursive: true, force: true })
  }
}

/** Declarations name their imports as Node resolves them: the compiler keeps `.ts`. */
function withExtensions(text: string): string {
  return text.replaceAll(/((?:from |import\()["']\.{1,2}\/[^"']*)\.ts(?=["'])/g, '$1.js')
}
