import { expect, test } from 'bun:test'
import { mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDiskFiles } from '../../src/adapters/files/disk/open.ts'
import { Unavailable } from '../../src/ports/storage.ts'
import { filesConformance, type Subject } from '../conformance/files/index.ts'
import { bytesOf, NO_LIMIT, read, streamOf } from '../conformance/files/subject.ts'

interface Folder extends Subject {
  readonly folder: string
}

async function place(): Promise<Folder> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-files-'))
  return {
    folder,
    open: () => openDiskFiles(folder),
    program: `import { openDiskFiles } from '${import.meta.dir}/../../src/adapters/files/disk/open.ts'
      const open = () => openDiskFiles('${folder}')`,
    leftovers: async () => (await readdir(join(folder, 'incoming'))).length,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

filesConformance('The folder of files', place)

test('folders and files are for their owner only', async () => {
  const umask = process.umask(0o022)
  try {
    await using subject = await place()
    const folder = join(subject.folder, 'data', 'files')
    await using files = await openDiskFiles(folder)
    await files.put('abcdef', streamOf(bytesOf(10)), NO_LIMIT)
    const modes = ['', 'incoming', 'blobs', 'blobs/ab', 'blobs/ab/abcdef'].map(async path =>
      ((await stat(join(folder, path))).mode & 0o777).toString(8),
    )
    expect(await Promise.all(modes)).toEqual(['700', '700', '700', '700', '600'])
  } finally {
    process.umask(umask)
  }
})

test('a put on a full disk rejects with Unavailable and leaves nothing, and a smaller one succeeds', async () => {
  await using subject = await place()
  // No file of the process may become larger than 64 KiB, which fails as a full disk does.
  const program = `${subject.program}
    import { bytesOf, NO_LIMIT, streamOf } from '${import.meta.dir}/../conformance/files/subject.ts'
    const files = await open()
    const failed = await files.put('too-large', streamOf(bytesOf(1_000_000)), NO_LIMIT).catch(error => error.name)
    const stored = await files.put('fits', streamOf(bytesOf(1000)), NO_LIMIT)
    console.log(failed, stored.size, (await files.list(null, 10)).map(({ id }) => id).join())`
  const limited = `trap '' XFSZ; ulimit -f 64; exec "$0" -e "$1"`
  const child = Bun.spawn(['bash', '-c', limited, process.execPath, program], { stdout: 'pipe', stderr: 'inherit' })
  expect(await new Response(child.stdout).text()).toBe('Unavailable 1000 fits\n')
  expect(await subject.leftovers()).toBe(0)
})

test('a folder that is gone rejects every call with Unavailable until it is back', async () => {
  await using subject = await place()
  await using files = await subject.open()
  await files.put('kept', streamOf(bytesOf(10)), NO_LIMIT)
  const away = `${subject.folder}-away`
  await rename(subject.folder, away)
  const put = files.put('lost', streamOf(bytesOf(10)), NO_LIMIT)
  expect(put).rejects.toBeInstanceOf(Unavailable)
  expect(files.health()).rejects.toBeInstanceOf(Unavailable)
  await put.catch(() => undefined)
  await rename(away, subject.folder)
  await files.health()
  expect(await read(files, 'kept')).toEqual(bytesOf(10))
})
