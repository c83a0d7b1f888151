import { copyFile, cp, mkdir, mkdtemp, readFile, readdir, rm, symlink } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

export const ROOT = resolve(import.meta.dir, '../..')

/** A guard against hanging: a loaded machine may take many times as long as an idle one. */
const LIMIT_MS = 300_000

/** A temporary folder in which programs of the documents run as in the project's folder. */
export async function openCheckout() {
  const folder = await mkdtemp(join(tmpdir(), 'parley-docs-'))
  await copyFile(join(ROOT, 'package.json'), join(folder, 'package.json'))
  for (const name of ['contracts', 'src', 'node_modules']) await symlink(join(ROOT, name), join(folder, name))
  return checkoutIn(folder)
}

/** The project's settings, commands and installed packages, and these files. */
export async function openInstalled(files: Record<string, string> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'parley-installed-'))
  const copied = ['package.json', 'bun.lock', 'bunfig.toml', 'tsconfig.json', '.oxlintrc.json', '.prettierrc.json']
  for (const name of [...copied, '.gitignore', '.prettierignore', 'README.md'])
    await copyFile(join(ROOT, name), join(folder, name))
  const filter = (path: string) => !path.endsWith('migrate-store.ts') // Imports the server.
  await cp(join(ROOT, 'scripts/ops'), join(folder, 'scripts/ops'), { recursive: true, filter })
  // Imported by scripts/ops.
  await cp(join(ROOT, 'src/transport/reference.ts'), join(folder, 'src/transport/reference.ts'))
  for (const [name, text] of Object.entries(files)) await Bun.write(join(folder, name), text)
  // Packages are linked one by one, so that the mark of what is installed is this folder's own.
  await mkdir(join(folder, 'node_modules'))
  for (const name of await readdir(join(ROOT, 'node_modules')))
    if (name !== '.parley-lock') await symlink(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name))
  const hash = createHash('sha256')
  for (const name of ['package.json', 'bun.lock']) hash.update(await readFile(join(folder, name)))
  await Bun.write(join(folder, 'node_modules/.parley-lock'), hash.digest('hex'))
  return checkoutIn(folder)
}

function checkoutIn(folder: string) {
  return {
    folder,
    /** Runs a program and returns its output; throws with the output if it fails. */
    run: (...command: string[]) => run(command, folder),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

export interface Ended {
  code: number
  output: string
  errors: string
}

export async function end(command: string[], cwd = ROOT, env: Record<string, string> = {}): Promise<Ended> {
  const child = Bun.spawn(command, {
    cwd,
    env: { ...process.env, ...env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: LIMIT_MS,
  })
  const [output, errors, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { code, output, errors }
}

export async function run(command: string[], cwd = ROOT): Promise<string> {
  const { code, output, errors } = await end(command, cwd)
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}:\n${output}\n${errors}`)
  return output
}

/** The blocks of one language in a page, in order. */
export function blocksOf(page: string, language: string): string[] {
  return [...page.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].flatMap(([, name, text = '']) =>
    name === language ? [text] : [],
  )
}

/** The text with the printed address replaced by that of a running server. */
export function withUrl(text: string, url: string): string {
  if (!text.includes(PRINTED)) throw new Error(`${PRINTED} is not in the text`)
  return text.replaceAll(PRINTED, url)
}
const PRINTED = 'http://localhost:3000'

/** Every document, by its path from the root. */
export const PAGES = ['*.md', 'docs/**/*.md'].flatMap(pattern => [...new Bun.Glob(pattern).scanSync(ROOT)].toSorted())
