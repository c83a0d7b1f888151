import { describe, expect, test } from 'bun:test'
import { openMeilisearch } from '../../src/adapters/search/meilisearch/open.ts'
import { SearchUnavailable } from '../../src/ports/search.ts'
import { searchConformance } from '../conformance/search/index.ts'
import { EPOCH, put, remove, room } from '../conformance/search/subject.ts'
import { openTestMeili } from '../support/meili.ts'
import { until } from '../support/until.ts'
import { startMeiliStandIn, type MeiliStandIn } from '../support/meili-stand-in.ts'

const indexName = () => `parley_test_${crypto.randomUUID().replaceAll('-', '')}`

function placeIn(standIn: MeiliStandIn, task_ms?: number) {
  const index = indexName()
  const server = { url: standIn.url, key: standIn.key, index, ...(task_ms === undefined ? {} : { task_ms }) }
  return { open: async (epoch = EPOCH) => openMeilisearch({ ...server, epoch }) }
}

async function standInPlace() {
  const standIn = startMeiliStandIn()
  return { ...placeIn(standIn), [Symbol.asyncDispose]: () => standIn[Symbol.asyncDispose]() }
}

searchConformance('Meilisearch (stand-in)', standInPlace)

if (process.env['MEILI_URL'] === undefined) {
  test.skip('Meilisearch keeps the promises of the search port: MEILI_URL is not set, there is no engine', () => {})
} else {
  searchConformance('Meilisearch', async () => {
    const meili = openTestMeili()
    return {
      open: async (epoch = EPOCH) => openMeilisearch({ url: meili.url, key: meili.key, index: meili.index, epoch }),
      [Symbol.asyncDispose]: () => meili[Symbol.asyncDispose](),
    }
  })
}

test('an index that was deleted while it was in use is absent, and whole after a rebuild beside changes', async () => {
  await using meili = openTestMeili()
  await using index = openMeilisearch({ url: meili.url, key: meili.key, index: meili.index, epoch: EPOCH })
  await (await index.begin()).finish()
  const { message, hits, conversation_id } = room(() => index)
  const [one, two, three] = [message('vanished one'), message('vanished two'), message('vanished three')]
  await index.apply([put(one)])
  await fetch(`${meili.url}/indexes/${meili.index}`, {
    method: 'DELETE',
    headers: meili.key === null ? {} : { authorization: `Bearer ${meili.key}` },
  })
  await until(async () => (await index.state()) === 'absent', 'the index to be gone')
  expect(hits('vanished')).rejects.toBeInstanceOf(SearchUnavailable)
  await index.apply([put(two), remove(one), { kind: 'purge', conversation_id: Bun.randomUUIDv7() }])
  expect(await index.state()).toBe('absent')
  const rebuild = await index.begin()
  await Promise.all([rebuild.apply([put(one), put(two)]), index.apply([put(three)])])
  await index.apply([remove(one), { kind: 'purge', conversation_id: Bun.randomUUIDv7() }])
  await rebuild.finish()
  expect(await hits('vanished', { sort: 'recent' })).toEqual([three.id, two.id])
  await index.apply([{ kind: 'purge', conversation_id }])
  expect(await hits('vanished')).toEqual([])
})

describe('faults of a Meilisearch server', () => {
  async function whole(standIn: MeiliStandIn, task_ms?: number) {
    const place = placeIn(standIn, task_ms)
    const index = await place.open()
    await (await index.begin()).finish()
    return { index, ...room(() => index), place }
  }

  test('a change whose task fails or is lost is made again', async () => {
    await using standIn = startMeiliStandIn()
    const { message, apply, hits } = await whole(standIn)
    const [one, two] = [message('failing one'), message('losing two')]
    standIn.failTasks(2)
    await apply(put(one))
    expect(await hits('failing')).toEqual([one.id])
    standIn.loseTasks(2)
    await apply(put(two))
    expect(await hits('losing')).toEqual([two.id])
    standIn.failTasks(1)
    await apply(remove(one))
    expect(await hits('failing')).toEqual([])
  })

  test('a change whose task fails again and again is refused, and succeeds when it is repeated later', async () => {
    await using standIn = startMeiliStandIn()
    const { message, apply, hits } = await whole(standIn)
    const one = message('stubborn')
    standIn.failTasks(3)
    expect(apply(put(one))).rejects.toBeInstanceOf(SearchUnavailable)
    standIn.failTasks(0)
    await apply(put(one))
    expect(await hits('stubborn')).toEqual([one.id])
  })

  test('a change whose task stalls is refused after its time, and searches are answered meanwhile', async () => {
    await using standIn = startMeiliStandIn()
    const { message, apply, hits, say } = await whole(standIn, 300)
    const [before] = await say('steady word')
    standIn.stall()
    const late = message('steady too')
    const change = apply(put(late))
    expect(await hits('steady')).toEqual([before ?? ''])
    expect(change).rejects.toBeInstanceOf(SearchUnavailable)
    await change.catch(() => {})
    standIn.resume()
    await apply(put(late))
    expect((await hits('steady')).length).toBe(2)
  })

  test('an index that was reset is absent, answers no search, and is whole after a rebuild', async () => {
    await using standIn = startMeiliStandIn()
    const { index, message, apply, hits } = await whole(standIn)
    const [one, two] = [message('reset one'), message('reset two')]
    await apply(put(one))
    standIn.reset()
    expect(await index.state()).toBe('absent')
    expect(hits('reset')).rejects.toBeInstanceOf(SearchUnavailable)
    await apply(put(two))
    expect(await index.state()).toBe('absent')
    const rebuild = await index.begin()
    await rebuild.apply([put(one), put(two)])
    await rebuild.finish()
    expect(await hits('reset', { sort: 'recent' })).toEqual([two.id, one.id])
  })

  test('a server that is away makes changes and searches unavailable, without the text of a query in the error', async () => {
    await using standIn = startMeiliStandIn()
    const { index, message, apply, hits } = await whole(standIn)
    standIn.refuse()
    for (const call of [
      () => apply(put(message('x'))),
      () => hits('canaryquery'),
      () => index.state(),
      () => index.begin(),
    ]) {
      const error: unknown = await call().then(
        () => null,
        (reason: unknown) => reason,
      )
      expect(error).toBeInstanceOf(SearchUnavailable)
      expect(String(error)).not.toContain('canary')
    }
    standIn.answer()
    expect(await hits('x')).toEqual([])
  })

  test('a wrong key is unavailable', async () => {
    await using standIn = startMeiliStandIn()
    const index = openMeilisearch({ url: standIn.url, key: 'wrong', index: indexName(), epoch: EPOCH })
    expect(index.state()).rejects.toThrow('invalid_api_key')
  })

  test('more than 1,000 conversations are searched in several queries', async () => {
    await using standIn = startMeiliStandIn()
    const { hits, say, conversation_id } = await whole(standIn)
    const ids = await say(...Array.from({ length: 30 }, (_text, n) => `divided ${n}`))
    const others = Array.from({ length: 2_400 }, () => ({ id: Bun.randomUUIDv7(), last_seq: 1 }))
    const conversations = [...others, { id: conversation_id, last_seq: 30 }]
    standIn.searches.length = 0
    expect(await hits('divided', { conversations, sort: 'recent' })).toEqual(ids.toReversed())
    const named = standIn.searches.map(({ filter }) => (filter[0] ?? '').split(',').length)
    expect(named.toSorted((a, b) => b - a)).toEqual([1_000, 1_000, 401])
  })

  test('a second process sees the index and its rebuild', async () => {
    await using standIn = startMeiliStandIn()
    const { place, index, message, apply, hits } = await whole(standIn)
    const other = await place.open()
    expect(await other.state()).toBe('whole')
    const one = message('visible to both')
    await apply(put(one))
    const rebuild = await index.begin()
    const two = message('visible during')
    await other.apply([put(two)])
    await rebuild.apply([put(one)])
    await rebuild.finish()
    expect((await hits('visible')).length).toBe(2)
    expect(await other.state()).toBe('whole')
  })
})
