import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A server in a process of its own, so that its CPU time and memory can be measured. */
export interface Child extends AsyncDisposable {
  readonly url: string
  /** User and system CPU seconds so far, from the kernel. */
  cpu(): number
  /** Resident bytes after a forced collection. */
  memory(): Promise<number>
}

const TICKS_PER_SECOND = 100
const PAGE_BYTES = 4096

/** Starts a program that prints `http://host:port` once it listens. SIGWINCH makes it collect garbage. */
export async function startChild(program: string, environment: Record<string, string> = {}): Promise<Child> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-bench-'))
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'run-child.ts'), program], {
    env: { ...process.env, PORT: '0', PARLEY_DATA_DIR: folder, BENCH_DIR: folder, ...environment },
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const url = await listening(child.stdout)
  const stat = () => readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return {
    url,
    cpu: () => (Number(stat()[11]) + Number(stat()[12])) / TICKS_PER_SECOND,
    async memory() {
      child.kill('SIGWINCH')
      await Bun.sleep(1_000)
      return Number(readFileSync(`/proc/${child.pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await child.exited
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function listening(output: ReadableStream<Uint8Array>): Promise<string> {
  let text = ''
  for await (const chunk of output) {
    text += new TextDecoder().decode(chunk)
    const match = /http:\/\/[\w.:]+/.exec(text)
    if (match) return match[0]
  }
  throw new Error(`the server ended: ${text}`)
}
