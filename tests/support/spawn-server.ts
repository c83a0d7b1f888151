import { join } from 'node:path'

/**
 * Starts the server in a process of its own, on the port or, with 0, on a free one, and waits until it prints its URL. `onLine` gets
 * every line of its output, until the process ends.
 */
export async function spawnServer(
  env: Record<string, string | undefined>,
  port: number,
  onLine: (line: string) => void = () => undefined,
) {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, '../../src/main.ts')], {
    env: { ...env, PORT: String(port) },
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const started = Promise.withResolvers<number>()
  void (async () => {
    for await (const line of linesOf(child.stdout)) {
      onLine(line)
      const [, found] = /http:\/\/[\w.]+:(\d+)/.exec(line) ?? []
      if (found !== undefined) started.resolve(Number(found))
    }
    started.reject(new Error('the server did not start'))
  })()
  return { child, port: await started.promise }
}

async function* linesOf(output: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncIterable<string> {
  let rest = ''
  for await (const text of output.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  yield rest
}
