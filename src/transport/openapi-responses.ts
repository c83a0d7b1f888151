import { z } from 'zod'
import { AppError, ERRORS, toProblem, type ErrorCode } from '../../contracts/errors.ts'
import { errorsOf, type Operation, type Status } from '../../contracts/kit.ts'
import { pascal, type Json, type Schemas } from './openapi-schemas.ts'

const REQUEST_ID = '01939f9d-0000-7000-8000-000000000001'

/** Bytes of any content. */
export const BINARY = { schema: { type: 'string', format: 'binary' } } as const

/** Headers that several answers share. */
export const HEADERS: Readonly<Record<string, Json>> = {
  Location: { description: 'Where it is found', schema: { type: 'string' } },
  'Retry-After': { description: 'Seconds to wait before a retry', schema: { type: 'integer' }, example: 1 },
  RateLimit: {
    description: 'What is left of the limit that counted the call, and the seconds until it begins anew',
    schema: { type: 'string' },
    example: '"calls";r=599;t=60',
  },
  'RateLimit-Policy': {
    description: 'The limit: how many calls in how many seconds',
    schema: { type: 'string' },
    example: '"calls";q=600;w=60',
  },
  Deprecation: {
    description: 'Since when the operation is deprecated (RFC 9745)',
    schema: { type: 'string' },
    example: '@1801353600',
  },
  Sunset: {
    description: 'When the operation may be gone (RFC 8594)',
    schema: { type: 'string' },
    example: 'Sun, 01 Aug 2027 00:00:00 GMT',
  },
}
const LIMITS = ['RateLimit', 'RateLimit-Policy']

/** The answers of the operations: the failures are named, because many operations share them. */
export class Responses {
  readonly #schemas: Schemas
  readonly #failures: Record<string, Json> = {}

  constructor(schemas: Schemas) {
    this.#schemas = schemas
  }

  /** By status. */
  of(name: string, operation: Operation): Json {
    const byStatus = Map.groupBy(errorsOf(operation), code => ERRORS[code].status)
    const failures = [...byStatus].toSorted(([a], [b]) => a - b).map(([status, codes]) => [status, this.failure(codes)])
    return { ...this.#successes(name, operation), ...(Object.fromEntries(failures) as Json) }
  }

  /** The answer of one status with exactly these codes, as a reference. */
  failure(codes: readonly ErrorCode[]): Json {
    const name = codes.map(pascal).join('Or')
    this.#failures[name] ??= this.#describe(name, codes)
    return { $ref: `#/components/responses/${name}` }
  }

  /** Every failure that was asked for. */
  get failures(): Json {
    return this.#failures
  }

  #describe(name: string, codes: readonly ErrorCode[]): Json {
    const [status] = codes.map(code => ERRORS[code].status)
    const retries = status === 429 || status === 503
    const headers = [...(retries ? ['Retry-After'] : []), ...(status === 429 ? LIMITS : [])]
    const examples = codes.map(code => [
      code,
      { value: toProblem(new AppError(code, retries ? { retry_after: 1 } : {}), REQUEST_ID) },
    ])
    const problem = { properties: { status: { const: status }, code: { enum: codes } } }
    const schema = this.#schemas.named(`${name}Problem`, { allOf: [this.#schemas.ref('Problem'), problem] })
    return {
      description: codes.map(code => `\`${code}\`: ${ERRORS[code].title}`).join('; '),
      ...headersOf(headers),
      content: { 'application/problem+json': { schema, examples: Object.fromEntries(examples) as Json } },
    }
  }

  #successes(name: string, operation: Operation): Json {
    const { status, output, media = [], location, example, deprecated } = operation
    const json = output && { 'application/json': { schema: this.#output(name, output), example: example.output } }
    const other = Object.fromEntries(media.map(type => [type, BINARY]))
    const contentOf = (code: Status) => (WITHOUT_CONTENT.has(code) ? {} : code === 206 ? other : { ...json, ...other })
    return Object.fromEntries(
      status.map(code => {
        const content = contentOf(code)
        const headers = headersOf([
          ...(code === 201 && location ? ['Location'] : []),
          ...(isCounted(operation) ? LIMITS : []),
          ...(deprecated ? ['Deprecation', ...(deprecated.sunset ? ['Sunset'] : [])] : []),
        ])
        return [
          code,
          { description: SUCCESS[code], ...headers, ...(Object.keys(content).length > 0 ? { content } : {}) },
        ]
      }),
    )
  }

  #output(name: string, output: z.ZodType): Json {
    return this.#schemas.named(outputName(name, output), this.#schemas.of(output, 'output'))
  }
}

/** `MessageList` for a list of a named entity, else after the operation. */
export function outputName(name: string, output: z.ZodType): string {
  const data: unknown = 'shape' in output ? (output as z.ZodObject).shape['data'] : undefined
  const item = data instanceof z.ZodArray ? (data as z.ZodArray<z.ZodType>).element.meta()?.id : undefined
  return item === undefined ? `${pascal(name)}Output` : `${item}List`
}

/** Whether the call counts against a limit. */
function isCounted({ limit = 'calls', allow }: Operation): boolean {
  return limit === 'auth' || (limit === 'calls' && allow !== 'anyone')
}

function headersOf(names: readonly string[]): Json {
  if (names.length === 0) return {}
  return { headers: Object.fromEntries(names.map(name => [name, { $ref: `#/components/headers/${name}` }])) }
}

const SUCCESS: Readonly<Record<Status, string>> = {
  200: 'Done',
  201: 'Created',
  202: 'Accepted, to be done later',
  204: 'No content',
  206: 'The range that was asked for',
  304: 'Not modified',
}
const WITHOUT_CONTENT: ReadonlySet<Status> = new Set([204, 304])
