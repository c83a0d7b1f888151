import http from 'node:http'
import https from 'node:https'
import type { Readable } from 'node:stream'
import { Client, S3Error } from 'minio'
import { FilesUnavailable } from '../../../ports/files.ts'

/** How long the server may be silent: a call of the API that waits for it is answered in time. */
const STALL_MS = 2_500
/** A request with a body may take longer, because the runtime does not tell how much of it is sent: its time at this rate. */
const LEAST_BYTES_PER_MS = 512
/** Putting the parts of a large upload together takes some stores longer than anything else: so many times as long. */
const COMPLETE = 4
/** How long one call may take in all. */
const CALL_MS = 30_000

export interface S3Access {
  /** `http://host:port` or `https://host:port`. */
  endpoint: string
  access_key: string
  secret_key: string
}

export interface S3Patience {
  stall_ms?: number
  call_ms?: number
}

/** The client of MinIO with the limits in time that it lacks. Every failure but a refusal of S3 becomes `FilesUnavailable`. */
export class S3 {
  readonly #client: Client
  readonly #stall_ms: number
  readonly #call_ms: number

  constructor(access: S3Access, { stall_ms = STALL_MS, call_ms = CALL_MS }: S3Patience = {}) {
    const { protocol, hostname, port } = new URL(access.endpoint)
    const useSSL = protocol === 'https:'
    this.#stall_ms = stall_ms
    this.#call_ms = call_ms
    this.#client = new Client({
      endPoint: hostname,
      ...(port === '' ? {} : { port: Number(port) }),
      useSSL,
      accessKey: access.access_key,
      secretKey: access.secret_key,
      // Its retries write to the console, and callers repeat what may be repeated.
      retryOptions: { disableRetry: true },
      transport: impatient(useSSL ? https : http, stall_ms),
    })
  }

  async run<T>(name: string, call: (client: Client) => Promise<T>): Promise<T> {
    try {
      return await within(this.#call_ms, name, call(this.#client))
    } catch (error) {
      throw asPortError(name, error)
    }
  }

  /** The bytes of a body. A pause of the reader is no stall of the server. */
  stream(name: string, source: Readable): ReadableStream<Uint8Array> {
    const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
    return new ReadableStream<Uint8Array>(
      {
        pull: async controller => {
          try {
            const next = await within(this.#stall_ms, name, chunks.next())
            if (next.done) controller.close()
            else controller.enqueue(next.value)
          } catch (error) {
            source.destroy()
            throw asPortError(name, error)
          }
        },
        cancel: () => void source.destroy(),
      },
      { highWaterMark: 0 },
    )
  }
}

/** Whether it is a refusal of S3, with one of the codes if there are any. */
export function isRefusal(error: unknown, ...codes: string[]): boolean {
  if (!(error instanceof FilesUnavailable && error.cause instanceof S3Error)) return false
  return codes.length === 0 || codes.includes(error.cause.code ?? '')
}

/** Requests whose connection is closed when the server stays silent. The body of an object is watched by its reader. */
function impatient(transport: typeof http | typeof https, stall_ms: number): Pick<typeof http, 'request'> {
  const request = (options: http.RequestOptions, answered: (response: http.IncomingMessage) => void) => {
    const sent = transport.request(options, response => {
      if (options.method === 'GET' && !options.path?.includes('?')) sent.setTimeout(0)
      answered(response)
    })
    const limit_ms = limitOf(options, stall_ms)
    sent.setTimeout(limit_ms, () => sent.destroy(new Error(`the server was silent for ${limit_ms} ms`)))
    return sent
  }
  // The client calls it in this form only.
  return { request: request as typeof http.request }
}

function limitOf({ method, path, headers }: http.RequestOptions, stall_ms: number): number {
  const bytes = headers && 'content-length' in headers ? Number(headers['content-length']) : 0
  const completes = method === 'POST' && path?.includes('uploadId=') === true
  return Math.round((completes ? COMPLETE * stall_ms : stall_ms) + bytes / LEAST_BYTES_PER_MS)
}

async function within<T>(limit_ms: number, name: string, work: Promise<T>): Promise<T> {
  let timer: Timer | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new FilesUnavailable(`${name} took longer than ${limit_ms} ms`)), limit_ms)
  })
  try {
    return await Promise.race([work, deadline])
  } finally {
    clearTimeout(timer)
  }
}

function asPortError(name: string, error: unknown): FilesUnavailable {
  if (error instanceof FilesUnavailable) return error
  return new FilesUnavailable(`${name}: ${error instanceof Error ? error.message : 'failed'}`, { cause: error })
}
