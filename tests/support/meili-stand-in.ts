import { nearestBeginning, plainDistance } from './plain-distance.ts'

/**
 * Stands in for a Meilisearch server where none can be had: the part of its HTTP API that Parley uses, with tasks that are
 * carried out later, and the faults that a test asks for. Its search is the plain reading of the documentation, over a scan.
 */
export interface MeiliStandIn extends AsyncDisposable {
  readonly url: string
  readonly key: string
  /** Queries that were searched. */
  readonly searches: { q: string; filter: string[] }[]
  /** The next tasks of these types fail. */
  failTasks(count: number): void
  /** The next tasks are accepted and forgotten. */
  loseTasks(count: number): void
  /** No task is carried out until `resume`. */
  stall(): void
  resume(): void
  /** Everything is gone, as after the loss of its disk. */
  reset(): void
  /** Requests are answered 503 until `answer`. */
  refuse(): void
  answer(): void
}

type Json = Record<string, unknown>
interface Index {
  documents: Map<string, Json>
  settings: Json
}
interface Task {
  uid: number
  type: string
  status: 'enqueued' | 'succeeded' | 'failed'
  error: Json | null
  work: () => void
}

/** How long after its request a task is carried out. */
const TASK_MS = 0
const KEY = 'a master key of the tests'

class Refused extends Error {
  readonly code: string
  readonly status: number
  constructor(code: string, status = 400) {
    super(code)
    this.code = code
    this.status = status
  }
}

export function startMeiliStandIn(): MeiliStandIn {
  let indexes = new Map<string, Index>()
  let tasks = new Map<number, Task>()
  const queue: Task[] = []
  const searches: MeiliStandIn['searches'] = []
  let [last, failing, losing, stalled, refusing] = [0, 0, 0, false, false]
  const indexOf = (uid: string) => {
    const index = indexes.get(uid)
    if (!index) throw new Refused('index_not_found', 404)
    return index
  }

  function enqueue(type: string, work: () => void): Json {
    const task: Task = { uid: (last += 1), type, status: 'enqueued', error: null, work }
    if (losing > 0) losing -= 1
    else {
      tasks.set(task.uid, task)
      queue.push(task)
      setTimeout(carryOut, TASK_MS)
    }
    return { taskUid: task.uid, indexUid: null, status: 'enqueued', type, enqueuedAt: new Date().toISOString() }
  }

  function carryOut(): void {
    if (stalled) return
    const task = queue.shift()
    if (!task) return
    try {
      if (failing > 0) {
        failing -= 1
        throw new Refused('internal')
      }
      task.work()
      task.status = 'succeeded'
    } catch (error) {
      task.status = 'failed'
      task.error = problemOf(error)
    }
  }

  const routes: [method: string, path: RegExp, handle: (parts: string[], body: unknown) => unknown][] = [
    [
      'POST',
      /^\/indexes$/,
      (_parts, body) => {
        const { uid } = body as { uid: string }
        return enqueue('indexCreation', () => {
          if (indexes.has(uid)) throw new Refused('index_already_exists')
          indexes.set(uid, { documents: new Map(), settings: {} })
        })
      },
    ],
    [
      'DELETE',
      /^\/indexes\/(\w+)$/,
      ([uid = '']) =>
        enqueue('indexDeletion', () => {
          indexOf(uid)
          indexes.delete(uid)
        }),
    ],
    [
      'PATCH',
      /^\/indexes\/(\w+)\/settings$/,
      ([uid = ''], body) => enqueue('settingsUpdate', () => void Object.assign(indexOf(uid).settings, body)),
    ],
    [
      'POST',
      /^\/swap-indexes$/,
      (_parts, body) =>
        enqueue('indexSwap', () => {
          for (const { indexes: pair } of body as { indexes: [string, string] }[]) {
            const [one, other] = [indexOf(pair[0]), indexOf(pair[1])]
            indexes.set(pair[0], other).set(pair[1], one)
          }
        }),
    ],
    [
      'POST',
      /^\/indexes\/(\w+)\/documents$/,
      ([uid = ''], body) =>
        enqueue('documentAdditionOrUpdate', () => {
          // As the real one, it creates an index that does not exist.
          const index = indexes.get(uid) ?? { documents: new Map<string, Json>(), settings: {} }
          indexes.set(uid, index)
          for (const document of body as Json[]) index.documents.set(String(document['id']), document)
        }),
    ],
    [
      'POST',
      /^\/indexes\/(\w+)\/documents\/delete-batch$/,
      ([uid = ''], body) =>
        enqueue('documentDeletion', () => {
          for (const id of body as string[]) indexOf(uid).documents.delete(id)
        }),
    ],
    [
      'POST',
      /^\/indexes\/(\w+)\/documents\/delete$/,
      ([uid = ''], body) =>
        enqueue('documentDeletion', () => {
          const index = indexOf(uid)
          const matches = filterOf(index, [(body as { filter: string }).filter])
          for (const [id, document] of index.documents) if (matches(document)) index.documents.delete(id)
        }),
    ],
    [
      'GET',
      /^\/indexes\/(\w+)\/documents\/([\w-]+)$/,
      ([uid = '', id = '']) => {
        const document = indexOf(uid).documents.get(id)
        if (!document) throw new Refused('document_not_found', 404)
        return document
      },
    ],
    [
      'GET',
      /^\/tasks\/(\d+)$/,
      ([uid = '']) => {
        const task = tasks.get(Number(uid))
        if (!task) throw new Refused('task_not_found', 404)
        return { ...task, work: undefined }
      },
    ],
    [
      'POST',
      /^\/indexes\/(\w+)\/search$/,
      ([uid = ''], body) => {
        const request = body as SearchBody
        searches.push({ q: request.q, filter: request.filter })
        return { hits: searchIn(indexOf(uid), request), query: request.q, processingTimeMs: 0 }
      },
    ],
  ]

  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      if (refusing) return new Response('no', { status: 503 })
      if (request.headers.get('authorization') !== `Bearer ${KEY}`)
        return Response.json({ code: 'invalid_api_key', message: 'the key is wrong' }, { status: 403 })
      const { pathname } = new URL(request.url)
      const text = await request.text()
      for (const [method, path, handle] of routes) {
        const parts = request.method === method ? path.exec(pathname) : null
        if (!parts) continue
        try {
          return Response.json(handle(parts.slice(1), text === '' ? null : JSON.parse(text)))
        } catch (error) {
          return Response.json(problemOf(error), { status: error instanceof Refused ? error.status : 500 })
        }
      }
      return Response.json({ code: 'not_served', message: `${request.method} ${pathname}` }, { status: 501 })
    },
  })

  return {
    url: `http://127.0.0.1:${server.port}`,
    key: KEY,
    searches,
    failTasks: count => void (failing = count),
    loseTasks: count => void (losing = count),
    stall: () => void (stalled = true),
    resume() {
      stalled = false
      queue.forEach(() => setTimeout(carryOut, TASK_MS))
    },
    reset() {
      indexes = new Map()
      tasks = new Map()
      queue.length = 0
    },
    refuse: () => void (refusing = true),
    answer: () => void (refusing = false),
    [Symbol.asyncDispose]: () => server.stop(true),
  }
}

function problemOf(error: unknown): Json {
  const code = error instanceof Refused ? error.code : 'internal'
  return { message: String(error), code, type: 'invalid_request', link: '' }
}

interface SearchBody {
  q: string
  filter: string[]
  limit: number
  sort?: string[]
}

function searchIn(index: Index, { q, filter, limit, sort }: SearchBody): Json[] {
  const matches = filterOf(index, filter)
  const found = [...index.documents.values()].flatMap(document => {
    const typos = matches(document) ? typosIn(normal(String(document['text'])).split(' '), normal(q)) : null
    return typos === null ? [] : [{ document, typos }]
  })
  const order = ({ document }: { document: Json }) => Number(document['order'])
  const byTime = (a: { document: Json }, b: { document: Json }) =>
    order(b) - order(a) || (String(a.document['id']) < String(b.document['id']) ? 1 : -1)
  found.sort((a, b) => (sort ? byTime(a, b) : a.typos - b.typos || byTime(a, b)))
  return found.slice(0, Math.min(limit, 1_000)).map(({ document }) => document)
}

/** As the real one, which compares words of these scripts without their marks. */
function normal(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/(?<=[\p{sc=Latin}\p{sc=Greek}\p{sc=Hebrew}\p{sc=Arabic}\p{sc=Thai}])\p{Mn}+/gu, '')
}

/** The typos with which all words occur; null if one does not, or an excluded one does. */
function typosIn(words: readonly string[], q: string): number | null {
  let typos = 0
  for (const { 1: minus, 2: phrase, 3: word = '', index, 0: whole } of q.matchAll(/(-?)(?:"([^"]*)"|(\S+))/g)) {
    if (phrase !== undefined) {
      if (` ${words.join(' ')} `.includes(` ${phrase} `) === (minus === '-')) return null
      continue
    }
    const isLast = index + whole.length === q.length
    const nearest = Math.min(...[...new Set(words)].map(each => distanceOf(word, each, isLast)))
    if (nearest > (word.length < 5 || /^\d+$/.test(word) ? 0 : 2)) return null
    typos += nearest
  }
  return typos
}

/** A typo in the first letter counts as two. */
function distanceOf(word: string, other: string, prefix: boolean): number {
  if (other === word || (prefix && other.startsWith(word))) return 0
  if (other.length < word.length - 2 || (!prefix && other.length > word.length + 2)) return Infinity
  const between = prefix ? nearestBeginning(word, other) : plainDistance(word, other)
  return between + (word[0] === other[0] ? 0 : 1)
}

/** Conditions of the form that Parley sends: `name = "x"`, `name IN ["x", "y"]`, `name >= 1`. */
function filterOf({ settings }: Index, filter: readonly string[]): (document: Json) => boolean {
  const conditions = filter.map(text => {
    const [, name = '', operator = '', value = ''] = /^(\w+) (=|IN|>=|<=|<) (.+)$/.exec(text) ?? []
    const filterable = settings['filterableAttributes']
    if (!Array.isArray(filterable) || !filterable.includes(name)) throw new Refused('invalid_search_filter')
    const operand: unknown = JSON.parse(value)
    const among = new Set(Array.isArray(operand) ? operand : [operand])
    return (document: Json) => {
      const field = document[name]
      if (operator === '=' || operator === 'IN') return among.has(field)
      if (typeof field !== 'number') return false
      return operator === '>='
        ? field >= Number(operand)
        : operator === '<='
          ? field <= Number(operand)
          : field < Number(operand)
    }
  })
  return document => conditions.every(condition => condition(document))
}
