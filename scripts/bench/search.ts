/**
 * `bun scripts/bench/search.ts FILE [--messages N] [--typos 200] [--seed 7] [--misses]`: fills a search index with a chat log
 * (`.jsonl` or `.jsonl.gz`, lines with `at`, `nick` and `text`) and prints how long searches take, and how many queries find the
 * message that they were made of; with `--misses` those that do not. With more messages than the file has, it is repeated with
 * some words exchanged. The index is the embedded one, or in Meilisearch where `MEILI_URL` is set.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openSearch } from '../../src/adapters/open.ts'
import { readConfig } from '../../src/config.ts'
import { parseQuery } from '../../src/domain/search/query.ts'
import { MAX_CHANGES, type IndexedMessage, type SearchIndex } from '../../src/ports/search.ts'
import { misspell, pick, seeded } from '../../tests/support/misspell.ts'
import { qualityOf, typoQueries, type Quality, type QueryKind } from '../../tests/support/typo-queries.ts'

/** Conversations, of which one in ten is searched; sizes fall with their number. */
const CONVERSATIONS = 10_000
const MEMBER_OF = 1_000
const QUERIES = 100
/** Of the words of a repeated log. */
const EXCHANGED = 0.06

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    messages: { type: 'string' },
    typos: { type: 'string', default: '200' },
    seed: { type: 'string', default: '7' },
    misses: { type: 'boolean', default: false },
  },
})
const [file] = positionals
if (file === undefined) throw new Error('which chat log?')

interface Line {
  at: string
  nick: string
  text: string
}

async function lines(path: string): Promise<Line[]> {
  const bytes = await Bun.file(path).bytes()
  const text = new TextDecoder().decode(path.endsWith('.gz') ? Bun.gunzipSync(bytes) : bytes)
  return text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Line)
}

const random = seeded(1)
const ids = Array.from({ length: CONVERSATIONS }, () => Bun.randomUUIDv7())
const senders = new Map<string, string>()
const sizes = new Map<string, number>()

function senderOf(nick: string): string {
  const known = senders.get(nick) ?? Bun.randomUUIDv7()
  senders.set(nick, known)
  return known
}

/** The log as often as it takes, in the order of time. */
function* messages(log: readonly Line[], count: number): Iterable<IndexedMessage> {
  const words = log.slice(0, 20_000).flatMap(({ text }) => text.split(' '))
  const start = Date.parse(log[0]?.at ?? '')
  for (let n = 0; n < count; n += 1) {
    const line = log[n % log.length]
    if (!line) return
    const exchanged = n < log.length ? 0 : EXCHANGED
    const content = line.text
      .split(' ')
      .map(word => (random() < exchanged ? pick(words, random) : word))
      .join(' ')
    const conversation_id = ids[Math.floor(CONVERSATIONS ** random()) - 1] ?? ids[0] ?? ''
    const seq = (sizes.get(conversation_id) ?? 0) + 1
    sizes.set(conversation_id, seq)
    const created_at = new Date(start + n * 1_000).toISOString()
    const where = { id: Bun.randomUUIDv7(), conversation_id, seq, change: seq, sender_id: senderOf(line.nick) }
    yield { ...where, type: 'text', has_file: false, created_at, content }
  }
}

async function fill(index: SearchIndex, all: readonly IndexedMessage[]): Promise<void> {
  const rebuild = await index.begin()
  for (let at = 0; at < all.length; at += MAX_CHANGES)
    await rebuild.apply(all.slice(at, at + MAX_CHANGES).map(message => ({ kind: 'put', message })))
  await rebuild.finish()
}

type Conversations = { id: string; last_seq: number }[]
const conversationsOf = (chosen: readonly string[]): Conversations =>
  chosen.map(id => ({ id, last_seq: sizes.get(id) ?? 0 }))

interface Times {
  /** Milliseconds of each search, ascending. */
  wall: number[]
  /** Those that this process computed, its Workers included: what a busy machine does not change. */
  cpu: number[]
}

/** Of searches that are made one after the other. */
async function times(index: SearchIndex, conversations: Conversations, texts: readonly string[]): Promise<Times> {
  const [wall, cpu]: [number[], number[]] = [[], []]
  for (const text of texts) {
    const query = parseQuery(text)
    if (!query) continue
    const [begun, before] = [performance.now(), process.cpuUsage()]
    await index.search({ query, conversations, sort: 'relevance', limit: 21 })
    const { user, system } = process.cpuUsage(before)
    wall.push(performance.now() - begun)
    cpu.push((user + system) / 1_000)
  }
  const ascending = (a: number, b: number) => a - b
  return { wall: wall.toSorted(ascending), cpu: cpu.toSorted(ascending) }
}

const at = (sorted: readonly number[], share: number) => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1)

const log = await lines(file)
const count = Number(values.messages ?? log.length)
const data_dir = await mkdtemp(join(tmpdir(), 'parley-bench-'))
const config = readConfig({ ...process.env, PARLEY_DATA_DIR: data_dir, MEILI_INDEX: 'parley_bench' })
await using index = await openSearch(config, { epoch: crypto.randomUUID() })
const all = [...messages(log, count)]
const begun = performance.now()
await fill(index, all)
const seconds = (performance.now() - begun) / 1_000
console.log(`${count} messages indexed in ${seconds.toFixed(0)} s, ${Math.round(count / seconds)} a second`)

const everywhere = conversationsOf(ids)
const some = conversationsOf(ids.filter((_id, n) => n % (CONVERSATIONS / MEMBER_OF) === 0))
const wordsOf = ({ content }: IndexedMessage) => content.toLowerCase().match(/[a-z]{3,}/g) ?? []
const sample = (make: (words: string[]) => string | null): string[] => {
  const texts: string[] = []
  while (texts.length < QUERIES) {
    const text = make(wordsOf(pick(all, random)))
    if (text !== null) texts.push(text)
  }
  return texts
}
const chosen = (words: string[], n: number) =>
  words.length < n ? null : `${Array.from({ length: n }, () => pick(words, random)).join(' ')} `
const kinds: Record<string, string[]> = {
  '1 word': sample(words => chosen(words, 1)),
  '2 words': sample(words => chosen(words, 2)),
  '3 words': sample(words => chosen(words, 3)),
  '1 misspelt word': sample(words => {
    const long = words.filter(word => word.length >= 6)
    return long.length === 0 ? null : `${misspell(pick(long, random), random)} `
  }),
  'beginning of 1 or 2 letters': sample(words =>
    words.length === 0 ? null : pick(words, random).slice(0, random() < 0.5 ? 1 : 2),
  ),
}
// The first search opens the vocabulary.
await times(index, some, ['warm up'])
for (const [name, conversations] of [
  [`all ${everywhere.length}`, everywhere],
  [`${some.length}`, some],
] as const)
  for (const [kind, texts] of Object.entries(kinds)) {
    const { wall, cpu } = await times(index, conversations, texts)
    const shown = (sorted: readonly number[]) => [0.5, 0.95, 0.99].map(share => at(sorted, share)).join(' / ')
    console.log(`${kind}, ${name} conversations: p50 / p95 / p99 ${shown(wall)} ms, of processor time ${shown(cpu)} ms`)
  }

const percent = (found: number, of: number) => `${((100 * found) / of).toFixed(1)} %`
async function quality(name: string, kind: QueryKind): Promise<Quality> {
  const found = await qualityOf(index, everywhere, typoQueries(all, kind, Number(values.typos), Number(values.seed)))
  const { queries, ten, first, lost, outranked } = found
  console.log(
    `${name}: ${percent(ten, queries)} among the first ten, ${percent(first, queries)} first; of ${queries - ten} others ` +
      `${outranked.length} have ten messages before them that match as well, ${lost.length} the index lost`,
  )
  if (values.misses) for (const miss of [...lost, ...outranked]) console.log(`  ${miss}`)
  return found
}
await quality('2 words', { words: 2, misspelt: 0 })
await quality('2 words, the last cut', { words: 2, misspelt: 0, cut: true })
const misspelt: Quality[] = []
for (const words of [1, 2, 3]) misspelt.push(await quality(`${words} words, one misspelt`, { words, misspelt: 1 }))
const sum = (of: (each: Quality) => number) => misspelt.reduce((total, each) => total + of(each), 0)
console.log(
  `1 to 3 words, one misspelt: ${percent(
    sum(({ ten }) => ten),
    sum(({ queries }) => queries),
  )} among the first ten`,
)
for (const words of [2, 3]) await quality(`${words} words, two misspelt`, { words, misspelt: 2 })
await quality('1 word of 9 letters, two typos', { words: 1, misspelt: 1, typos: 2 })
await quality('2 words, one of 9 letters with two typos', { words: 2, misspelt: 1, typos: 2 })
await rm(data_dir, { recursive: true, force: true })
