/**
 * Installs the packages of bun.lock if node_modules is missing or was made from another lock file. Runs before anything is
 * installed and under any version of Bun, so it and the scripts that import it use built-in modules only.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const ROOT = resolve(import.meta.dir, '../..')
/** The version of Bun that package.json pins. Everything except the install runs under it. */
export const BUN = join(ROOT, 'node_modules/.bin', process.platform === 'win32' ? 'bun.exe' : 'bun')
const MARK = join(ROOT, 'node_modules/.parley-lock')

export function ensureInstalled(): void {
  const wanted = digest()
  if (existsSync(BUN) && existsSync(MARK) && readFileSync(MARK, 'utf8') === wanted) return
  const pinned = pinnedBun()
  process.stderr.write(`Installing the packages of bun.lock …\n`)
  const attempts = [[process.execPath], ['npx', '-y', `bun@${pinned}`]].slice(0, Bun.version === pinned ? 1 : 2)
  if (!attempts.some(installsWith)) throw new Error('the packages could not be installed; see the lines above')
  writeFileSync(MARK, wanted)
}

/** Installs with the given Bun. An older version than the pinned one cannot read the lock file. */
function installsWith(bun: string[]): boolean {
  const install = Bun.spawnSync([...bun, 'install', '--frozen-lockfile', '--no-progress'], {
    cwd: ROOT,
    stdout: 'ignore',
    stderr: 'inherit',
  })
  return install.success && existsSync(BUN)
}

function pinnedBun(): string {
  const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    devDependencies: { bun: string }
  }
  return devDependencies.bun
}

function digest(): string {
  const hash = createHash('sha256')
  for (const file of ['package.json', 'bun.lock']) hash.update(readFileSync(join(ROOT, file)))
  return hash.digest('hex')
}
