import { randomBytes } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The signing secret: the setting, else the file in the data folder (mode 0600), generated at the first start. */
export async function signingSecret(config: { secret: string | null; data_dir: string }): Promise<string> {
  if (config.secret !== null) return config.secret
  await mkdir(config.data_dir, { recursive: true, mode: 0o700 })
  const file = secretFile(config)
  const kept = await readSecret(file)
  if (kept !== null) return kept
  // Written under another name, then linked: a crash leaves no partial secret, and of two processes one wins.
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`
  await writeFile(draft, randomBytes(48).toString('base64url'), { mode: 0o600, flush: true })
  await link(draft, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  await rm(draft)
  const made = await readSecret(file)
  if (made === null) throw new Error(`the secret in ${file} cannot be read`)
  return made
}

/** Where the generated secret is. */
export function secretFile({ data_dir }: { data_dir: string }): string {
  return join(data_dir, 'secret')
}

/** null: there is none yet. */
export async function readSecret(file: string): Promise<string | null> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  return text === null || text.trim() === '' ? null : text.trim()
}
