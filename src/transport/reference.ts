import { join } from 'node:path'

/** Made by `bun run build:reference`. */
const NAME = 'reference.js.gz'
const BUILT = join(import.meta.dir, '../../dist', NAME)

/**
 * The script of the API reference page, compressed by gzip: from the executable of `bun run build:binary`, from the development
 * package, 270 MB for this one file, or else from the file that was built of it.
 */
export async function reference(): Promise<Uint8Array<ArrayBuffer>> {
  const embedded = Bun.embeddedFiles.find(file => 'name' in file && file.name === NAME)
  if (embedded) return embedded.bytes()
  return isInstalled() ? packagedReference() : Bun.file(BUILT).bytes()
}

export async function packagedReference(): Promise<Uint8Array<ArrayBuffer>> {
  // The browser build is beside the package's entry.
  const file = new URL('browser/standalone.js', import.meta.resolve('@scalar/api-reference'))
  return Bun.gzipSync(await Bun.file(file).bytes())
}

function isInstalled(): boolean {
  try {
    import.meta.resolve('@scalar/api-reference')
    return true
  } catch {
    return false
  }
}
