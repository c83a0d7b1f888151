import { copyFile, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

export const ROOT = resolve(import.meta.dir, '../..')

/** A folder in which a program of the documents can be saved and run as if it were the project's. */
export async function openCheckout() {
  const folder = await mkdtemp(join(tmpdir(), 'parley-docs-'))
  await copyFile(join(ROOT, 'package.json'), join(folder, 'package.json'))
  for (const name of ['contracts', 'src', 'node_modules']) await symlink(join(ROOT, name), join(folder, name))
  return {
    folder,
    /** Its output; throws with it where the program fails. */
    run: (...command: string[]) => run(command, folder),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

export async function run(command: string[], cwd = ROOT): Promise<string> {
  const child = Bun.spawn(command, { cwd, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe', timeout: 15_000 })
  const [output, errors, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}:\n${output}\n${errors}`)
  return output
}

/** The blocks of one language in a page, in order. */
export function blocksOf(page: string, language: string): string[] {
  return [...page.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].flatMap(([, name, text = '']) =>
    name === language ? [text] : [],
  )
}

/** The text with the address of a running server in the place of the one that is printed. */
export function withUrl(text: string, url: string): string {
  if (!text.includes(PRINTED)) throw new Error(`${PRINTED} is not in the text`)
  return text.replaceAll(PRINTED, url)
}
const PRINTED = 'http://localhost:3000'

/** Every document, by its path from the root. */
export const PAGES = ['*.md', 'docs/**/*.md'].flatMap(pattern => [...new Bun.Glob(pattern).scanSync(ROOT)].toSorted())
