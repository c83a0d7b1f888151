import { FEATURE_LEVEL } from '../../contracts/feature-level.ts'
import type { Responses } from './openapi-responses.ts'
import type { Json, Schemas } from './openapi-schemas.ts'

const answer = (description: string, schema: Json, example: unknown) => ({
  description,
  content: { 'application/json': { schema, example } },
})
const STATUS = { type: 'object', properties: { status: { type: 'string' } }, required: ['status'] }
const LIVENESS = {
  type: 'object',
  properties: { status: { type: 'string' }, feature_level: { type: 'integer' } },
  required: ['status', 'feature_level'],
}
const READINESS = {
  type: 'object',
  properties: {
    status: { type: 'string' },
    dependencies: { type: 'object', additionalProperties: STATUS },
    background: {
      type: 'object',
      properties: { status: { type: 'string' }, stuck: { type: 'array', items: { type: 'string' } } },
      required: ['status'],
    },
  },
  required: ['status', 'dependencies', 'background'],
}

/** The paths that are served over HTTP only and are not operations of the contract. */
export function systemPaths(schemas: Schemas, responses: Responses): Record<string, Record<string, Json>> {
  const readiness = schemas.named('Readiness', READINESS)
  return {
    '/health/live': {
      get: {
        operationId: 'system.live',
        tags: ['system'],
        summary: 'Whether the process runs',
        security: [],
        responses: {
          400: responses.failure(['malformed']),
          200: answer('It runs', schemas.named('Liveness', LIVENESS), { status: 'ok', feature_level: FEATURE_LEVEL }),
          500: responses.failure(['internal']),
        },
      },
    },
    '/health/ready': {
      get: {
        operationId: 'system.ready',
        tags: ['system'],
        summary: 'Whether it can serve, each dependency, and background work',
        security: [],
        responses: {
          400: responses.failure(['malformed']),
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
          401: responses.failure(['unauthenticated']),
          403: responses.failure(['forbidden']),
          503: responses.failure(['unavailable']),
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
          200: answer('What was missed', schemas.named('SyncPage', syncPage(schemas.ref('EventFrame'))), {
            events: [],
            resync: [],
            cursor: '01939f9d-0000-7000-8000-0000000000c0',
            has_more: false,
          }),
          401: responses.failure(['unauthenticated']),
          422: responses.failure(['validation_failed']),
          429: responses.failure(['rate_limited']),
          503: responses.failure(['unavailable']),
        },
      },
    },
  }
}

function syncPage(event: Json): Json {
  return {
    type: 'object',
    properties: {
      events: { type: 'array', items: event },
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
  }
}
