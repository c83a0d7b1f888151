import { AppError, ERRORS, toProblem, type ErrorCode } from '../../contracts/errors.ts'

export type Json = Record<string, unknown>

export const REF = '#/components/schemas/'

/** The response of one status, with an example of the problem document for each code. */
export function failure(status: number, codes: readonly ErrorCode[]): Json {
  const retry = status === 429 || status === 503 ? { retry_after: 1 } : {}
  const examples = codes.map(code => [
    code,
    { value: toProblem(new AppError(code, retry), '01939f9d-0000-7000-8000-000000000001') },
  ])
  return {
    description: codes.map(code => `\`${code}\`: ${ERRORS[code].title}`).join('; '),
    ...(Object.keys(retry).length > 0
      ? { headers: { 'Retry-After': { description: 'seconds', schema: { type: 'integer' } } } }
      : {}),
    content: {
      'application/problem+json': { schema: { $ref: `${REF}Problem` }, examples: Object.fromEntries(examples) as Json },
    },
  }
}

const answer = (description: string, schema: Json, example: unknown) => ({
  description,
  content: { 'application/json': { schema, example } },
})
const status = { type: 'object', properties: { status: { type: 'string' } }, required: ['status'] }
const readiness = {
  type: 'object',
  properties: {
    status: { type: 'string' },
    dependencies: { type: 'object', additionalProperties: status },
    background: {
      type: 'object',
      properties: { status: { type: 'string' }, stuck: { type: 'array', items: { type: 'string' } } },
      required: ['status'],
    },
  },
  required: ['status', 'dependencies', 'background'],
}

/** The paths that are served over HTTP only and are not operations of the contract. */
export const SYSTEM: Record<string, Record<string, Json>> = {
  '/health/live': {
    get: {
      operationId: 'system.live',
      tags: ['system'],
      summary: 'Whether the process runs',
      security: [],
      responses: { 200: answer('It runs', status, { status: 'ok' }), 500: failure(500, ['internal']) },
    },
  },
  '/health/ready': {
    get: {
      operationId: 'system.ready',
      tags: ['system'],
      summary: 'Whether it can serve, each dependency, and background work',
      security: [],
      responses: {
        200: answer('It can serve', readiness, {
          status: 'ok',
          dependencies: {
            storage: { status: 'ok' },
            files: { status: 'ok' },
            search: { status: 'unavailable' },
            bus: { status: 'ok' },
          },
          background: { status: 'degraded', stuck: ['search'] },
        }),
        503: answer('It cannot', readiness, {
          status: 'unavailable',
          dependencies: {
            storage: { status: 'unavailable' },
            files: { status: 'ok' },
            search: { status: 'ok' },
            bus: { status: 'ok' },
          },
          background: { status: 'ok' },
        }),
      },
    },
  },
  '/metrics': {
    get: {
      operationId: 'system.metrics',
      tags: ['system'],
      summary: 'Counts and times, in the text format of Prometheus',
      description:
        'For the global role ADMIN. Requests from loopback, or from the networks of the settings, need no token.',
      responses: {
        200: {
          description: 'The present numbers',
          content: { 'text/plain': { schema: { type: 'string' }, example: 'parley_sockets 42\n' } },
        },
        401: failure(401, ['unauthenticated']),
        403: failure(403, ['forbidden']),
        503: failure(503, ['unavailable']),
      },
    },
  },
  '/sync': {
    get: {
      operationId: 'system.sync',
      tags: ['system'],
      summary: 'Get the events since a cursor; without one, the present cursor',
      parameters: [
        { name: 'cursor', in: 'query', required: false, schema: { type: 'string', minLength: 1, maxLength: 200 } },
      ],
      responses: {
        200: answer(
          'What was missed',
          {
            type: 'object',
            properties: {
              events: { type: 'array', items: { $ref: `${REF}EventFrame` } },
              resync: {
                type: 'array',
                items: {
                  type: 'object',
                  properties: { stream: { type: 'string' }, change: { type: 'integer' } },
                  required: ['stream', 'change'],
                },
              },
              cursor: { type: 'string' },
              has_more: { type: 'boolean' },
            },
            required: ['events', 'resync', 'cursor', 'has_more'],
          },
          { events: [], resync: [], cursor: '01939f9d-0000-7000-8000-0000000000c0', has_more: false },
        ),
        401: failure(401, ['unauthenticated']),
        422: failure(422, ['validation_failed']),
        429: failure(429, ['rate_limited']),
        503: failure(503, ['unavailable']),
      },
    },
  },
}
