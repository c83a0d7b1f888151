import { afterAll, expect, test } from 'bun:test'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFts } from '../../src/adapters/search/fts/open.ts'
import { openMeilisearch } from '../../src/adapters/search/meilisearch/open.ts'
import type { SearchIndex } from '../../src/ports/search.ts'
import { EPOCH, put, room } from '../conformance/search/subject.ts'
import { openTestMeili } from '../support/meili.ts'
import { shared } from '../support/shared.ts'
import { qualityOf, typoQueries } from '../support/typo-queries.ts'

/** Sentences of Parley's own documents stand in for messages: words of real language, with code and numbers between. */
async function sentences(): Promise<string[]> {
  const folder = join(import.meta.dir, '../../docs')
  const names = (await readdir(folder, { recursive: true })).filter(name => name.endsWith('.md'))
  const texts = await Promise.all(names.map(name => readFile(join(folder, name), 'utf8')))
  return texts.flatMap(text => text.split(/(?<=[.:])\s+|\n\n/)).filter(sentence => sentence.split(' ').length >= 4)
}

const index = shared(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-search-'))
  return { folder, index: await openFts({ folder, epoch: EPOCH }) }
})
afterAll(async () => {
  await index().index[Symbol.asyncDispose]()
  await rm(index().folder, { recursive: true, force: true })
})

/** The share of 200 queries that have their message among the first ten hits. */
async function share(of: SearchIndex, words: number): Promise<number> {
  const { message, conversation_id } = room(() => of)
  const messages = (await sentences()).map(sentence => message(sentence))
  for (let at = 0; at < messages.length; at += 500) await of.apply(messages.slice(at, at + 500).map(put))
  const queries = typoQueries(messages, { words, misspelt: 1 }, 200, 7)
  const conversations = [{ id: conversation_id, last_seq: messages.length }]
  const { ten, lost } = await qualityOf(of, conversations, queries)
  expect(lost).toEqual([])
  return ten / queries.length
}

test('of 200 queries with a misspelt word at least 95 % have their message among the first ten hits', async () => {
  await (await index().index.begin()).finish()
  for (const words of [1, 2, 3]) expect(await share(index().index, words)).toBeGreaterThanOrEqual(0.95)
})

if (process.env['MEILI_URL'] === undefined) {
  test.skip('Meilisearch finds the messages of misspelt queries too: MEILI_URL is not set, there is no engine', () => {})
} else {
  test('Meilisearch finds the messages of misspelt queries too', async () => {
    await using meili = openTestMeili()
    await using of = openMeilisearch({ url: meili.url, key: meili.key, index: meili.index, epoch: EPOCH })
    await (await of.begin()).finish()
    for (const words of [1, 2, 3]) expect(await share(of, words)).toBeGreaterThanOrEqual(0.95)
  })
}
