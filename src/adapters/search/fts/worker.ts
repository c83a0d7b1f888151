import { SQLiteError } from 'bun:sqlite'
import { Generations } from './generations.ts'
import type { Answer, Request, SearchCalls, WriteCalls } from './calls.ts'
import { Searcher } from './searcher.ts'
import type { Difference } from './writer.ts'

/**
 * The program of both Workers, so that neither indexing nor searching runs in the server's thread. One writes, the other
 * searches; which it is follows from the calls that it gets.
 */
declare const self: Worker

let generations: Generations | null = null
let searcher: Searcher | null = null

const calls: WriteCalls & SearchCalls = {
  open({ folder, epoch }) {
    generations = new Generations(folder, epoch, report)
    return generations.file
  },
  apply: changes => opened().apply(changes),
  begin: () => opened().begin(),
  fill: changes => opened().fill(changes),
  finish: () => opened().finish(),
  clean: () => opened().clean(),
  discard: () => opened().discard(),
  use(file) {
    searcher?.[Symbol.dispose]()
    searcher = new Searcher(file)
  },
  learn: difference => searcher?.learn(difference),
  search(request) {
    if (!searcher) throw new Error('no index is open')
    return searcher.search(request)
  },
  close() {
    searcher?.[Symbol.dispose]()
    generations?.[Symbol.dispose]()
    searcher = generations = null
  },
}

self.onmessage = ({ data: { id, name, argument } }: MessageEvent<Request>) => {
  try {
    // Cast: `Request` pairs each name with its argument.
    const result = (calls[name] as (argument: unknown) => unknown)(argument)
    answer({ id, result })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    answer({ id, error: message, corrupt: error instanceof SQLiteError && /CORRUPT|NOTADB/.test(error.code ?? '') })
  }
}

function opened(): Generations {
  if (!generations) throw new Error('no folder is open')
  return generations
}

function report(difference: Difference): void {
  answer({ difference })
}

function answer(data: Answer): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- the owner of a Worker has no origin
  self.postMessage(data)
}
