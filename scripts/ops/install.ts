/**
 * Installs what bun.lock names if node_modules is missing or of another lock file. Runs before anything is installed and under
 * whatever Bun `npx -y bun` has fetched, so it and its importers import built-ins only.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const ROOT = resolve(import.meta.dir, '../..')
/** The Bun that package.json pins; everything but the install runs under it. */
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

/** An older Bun cannot read the lock file; the pinned one, fetched for this, can. */
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
