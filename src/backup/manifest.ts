import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, readFile, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

/** Incremented with every change that an older restore would not understand. */
const FORMAT = 1
const MANIFEST = 'manifest.json'
/** The hash of the manifest, in the form of `sha256sum`. */
const SEAL = 'manifest.json.sha256'

const Part = z.strictObject({ path: z.string(), size: z.number(), sha256: z.string() })
export type Part = z.infer<typeof Part>

const Manifest = z.strictObject({
  format: z.literal(FORMAT),
  created_at: z.string(),
  /** The version of Parley that wrote it. */
  version: z.string(),
  store: z.strictObject({
    kind: z.enum(['sqlite', 'mongodb']),
    schema: z.number(),
    epoch: z.string(),
    counts: z.record(z.string(), z.number()),
  }),
  files: z.strictObject({ count: z.number(), bytes: z.number() }),
  /** Whether the signing secret is in it: it is not where `PARLEY_SECRET` was set. */
  secret: z.boolean(),
  /** Every other file of the backup but the bytes of files, which `files.jsonl` lists. */
  parts: z.array(Part),
})
export type Manifest = z.infer<typeof Manifest>

/** A backup that is incomplete, was changed, or cannot be used here. The message is for the operator. */
export class BadBackup extends Error {
  override readonly name = 'BadBackup'
}

/** Describes every file of these folders and names. */
export async function describeParts(folder: string, names: readonly string[]): Promise<Part[]> {
  const parts: Part[] = []
  for (const name of names) {
    const path = join(folder, name)
    const found = await stat(path)
    if (found.isDirectory()) {
      const inside = (await readdir(path)).toSorted().map(each => join(name, each))
      parts.push(...(await describeParts(folder, inside)))
    } else parts.push({ path: name, size: found.size, sha256: await sha256Of(createReadStream(path)) })
  }
  return parts
}

export async function sha256Of(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of bytes) hash.update(chunk)
  return hash.digest('hex')
}

/** The last step of a backup: a folder without it is none. */
export async function writeManifest(folder: string, manifest: Omit<Manifest, 'format'>): Promise<void> {
  const text = `${JSON.stringify({ format: FORMAT, ...manifest }, null, 2)}\n`
  const sha256 = createHash('sha256').update(text).digest('hex')
  await writePrivate(join(folder, SEAL), `${sha256}  ${MANIFEST}\n`)
  await writePrivate(join(folder, MANIFEST), text)
}

/** Reads the manifest and compares every part with it. */
export async function readBackup(folder: string): Promise<Manifest> {
  const text = await readFile(join(folder, MANIFEST), 'utf8').catch(() => null)
  const seal = await readFile(join(folder, SEAL), 'utf8').catch(() => null)
  if (text === null || seal === null) throw new BadBackup(`${folder} is no backup, or one that was not completed`)
  if (seal.split(' ')[0] !== createHash('sha256').update(text).digest('hex'))
    throw new BadBackup(`the backup is damaged: ${MANIFEST} does not match its hash`)
  const parsed = Manifest.safeParse(JSON.parse(text))
  if (!parsed.success) throw new BadBackup('the backup was made by a version of another format')
  for (const part of parsed.data.parts) await compare(folder, part)
  return parsed.data
}

async function compare(folder: string, { path, size, sha256 }: Part): Promise<void> {
  const found = await stat(join(folder, path)).catch(() => null)
  if (!found) throw new BadBackup(`the backup is damaged: ${path} is missing`)
  if (found.size !== size || (await sha256Of(createReadStream(join(folder, path)))) !== sha256)
    throw new BadBackup(`the backup is damaged: ${path} does not match its hash`)
}

/** Readable by its owner only, and durable. */
export async function writePrivate(path: string, text: string): Promise<void> {
  const handle = await open(path, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}
