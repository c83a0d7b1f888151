import { expect, test } from 'bun:test'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFts } from '../../src/adapters/search/fts/open.ts'
import { awaitRebuild, requestRebuild } from '../../src/adapters/search/fts/request.ts'
import { Remote } from '../../src/adapters/search/fts/remote.ts'
import { parseQuery } from '../../src/domain/search/query.ts'
import { searchConformance } from '../conformance/search/index.ts'
import { EPOCH, put, remove, room } from '../conformance/search/subject.ts'
import { until } from '../support/until.ts'

const PATIENT = { begin_ms: 60_000, pause_ms: 60_000 }

async function openFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'parley-search-'))
  return {
    folder,
    open: (epoch = EPOCH) => openFts({ folder, epoch }),
    async contents() {
      const names = await readdir(folder)
      return Buffer.concat(await Promise.all(names.map(name => readFile(join(folder, name)))))
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

searchConformance('FTS5', openFolder)

test('the text of a removed, replaced or purged message is no longer in the files of the index', async () => {
  await using place = await openFolder()
  {
    await using index = await place.open()
    await (await index.begin()).finish()
    const { message, apply, hits, conversation_id } = room(() => index)
    const [one, two, three] = [message('canaryone'), message('canarytwo'), message('canarythree')]
    await apply(put(one), put(two), put(three))
    await apply(remove(one), put({ ...two, change: 9, content: 'harmless' }))
    expect(await hits('canary')).toEqual([three.id])
    await apply({ kind: 'purge', conversation_id })
    for (const end = performance.now() + 30_000; (await hits('canary')).length > 0 && performance.now() < end;)
      await Bun.sleep(5)
  }
  expect((await place.contents()).includes('canary')).toBe(false)
})

// Reading the taken numbers one by one took minutes.
test('30,000 messages of one moment, more than it has numbers for, are indexed without a search for each', async () => {
  await using place = await openFolder()
  await using index = await place.open()
  await (await index.begin()).finish()
  const { message, apply, hits } = room(() => index)
  const created_at = '2026-05-05T05:05:05.005Z'
  const later = message('later', { created_at: '2026-05-05T05:05:06.000Z' })
  await apply(put(later))
  for (let batch = 0; batch < 30; batch += 1) {
    const same = Array.from({ length: 1_000 }, (_, index) => message(`batch${batch} number${index}`, { created_at }))
    await apply(...same.map(put))
  }
  const last = message('later', { created_at: '2026-05-05T05:05:07.000Z' })
  await apply(put(last))
  for (const batch of [0, 14, 29]) expect(await hits(`"batch${batch} number999"`)).toHaveLength(1)
  expect(await hits('later', { sort: 'recent' })).toEqual([last.id, later.id])
})

test('a damaged index is given up, and is there again after a rebuild', async () => {
  await using place = await openFolder()
  {
    await using index = await place.open()
    await (await index.begin()).finish()
  }
  const [name = ''] = await readdir(place.folder)
  await writeFile(join(place.folder, name), 'this is no database, and long enough to be read as one '.repeat(400))
  await using index = await place.open()
  expect(await index.state()).toBe('absent')
  const { say, hits } = room(() => index)
  await (await index.begin()).finish()
  expect(await hits('anything')).toEqual([])
  const [found] = await say('anything goes')
  expect(await hits('anything')).toEqual([found ?? ''])
})

test('an unfinished rebuild leaves no file behind after the next start', async () => {
  await using place = await openFolder()
  {
    await using index = await place.open()
    await (await index.begin()).finish()
    await index.begin()
  }
  await using index = await place.open()
  expect(await index.state()).toBe('whole')
  expect((await readdir(place.folder)).filter(name => name.endsWith('.sqlite'))).toEqual(['search-1.sqlite'])
})

test('a rebuild answers the requests that were made before it began, and a later one asks for another', async () => {
  await using place = await openFolder()
  await using index = await place.open()
  await (await index.begin()).finish()
  await requestRebuild(place.folder)
  await requestRebuild(place.folder)
  expect(await index.state()).toBe('outdated')
  const rebuild = await index.begin()
  await requestRebuild(place.folder)
  await rebuild.finish()
  expect(await index.state()).toBe('outdated')
  await (await index.begin()).finish()
  expect(await index.state()).toBe('whole')
  expect((await readdir(place.folder)).filter(name => !name.startsWith('search-'))).toEqual([])
})

test('who waits for a rebuild sees how far it is, while one goes on that began earlier, and when it is done', async () => {
  await using place = await openFolder()
  await using index = await place.open()
  const { message } = room(() => index)
  const earlier = await index.begin()
  const seen: number[] = []
  const id = await requestRebuild(place.folder)
  let ended = ''
  const waiting = awaitRebuild(place.folder, id, PATIENT, messages => seen.push(messages)).then(
    outcome => (ended = outcome),
  )
  await earlier.apply([put(message('one'))])
  await earlier.finish()
  expect([ended, seen]).toEqual(['', []])
  const rebuild = await index.begin()
  await until(() => seen.at(-1) === 0, 'the beginning is seen')
  await rebuild.apply([put(message('one')), put(message('two'))])
  await until(() => seen.at(-1) === 2, 'the messages are seen')
  await rebuild.finish()
  expect(await waiting).toBe('built')
})

test('who waits for a rebuild is told that no process does it, also where a killed one had begun', async () => {
  await using place = await openFolder()
  const nobody = async () => {
    const id = await requestRebuild(place.folder)
    return awaitRebuild(place.folder, id, { begin_ms: 0, pause_ms: PATIENT.pause_ms }, () => undefined)
  }
  expect(await nobody()).toBe('waiting')
  {
    await using killed = await place.open()
    await killed.begin()
  }
  expect(await nobody()).toBe('waiting')
  await using index = await place.open()
  await (await index.begin()).finish()
  expect(await index.state()).toBe('whole')
})

test('a Worker that is closed while calls wait answers them all, and the next call starts another', async () => {
  const remote = new Remote()
  const query = parseQuery('report') ?? { all: [], none: [] }
  const search = () =>
    remote.call('search', { query, conversations: '', messages: 0, sort: 'recent', limit: 1 }).catch(String)
  // They wait for the start of the Worker, so that in the end there is no room for `close`.
  const flood = Array.from({ length: 48 }, search)
  expect(await search()).toBe('Unavailable: too many calls wait for the search index')
  const others = Array.from({ length: 16 }, () => remote.call('learn', { messages: 0, terms: [] }).catch(String))
  await remote[Symbol.asyncDispose]()
  expect(await Promise.all([...flood, ...others])).toEqual(
    Array.from({ length: 64 }, () => 'Unavailable: the search index is closed'),
  )
  expect(await search()).toBe('Unavailable: no index is open')
  await remote[Symbol.asyncDispose]()
})
