import { describe, expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import { AppError } from '../../contracts/errors.ts'
import { operationOf } from '../../contracts/index.ts'
import type { Deprecated, Operation } from '../../contracts/kit.ts'
import type { Gate } from '../../src/gate.ts'
import { withClient, type RequestClient } from '../../src/http/client.ts'
import { deprecationHeaders } from '../../src/http/deprecation.ts'
import { SessionCookie } from '../../src/http/session-cookie.ts'
import { addRoutes } from '../../src/transport/rest/routes.ts'
import { openResponseMeta } from '../../src/transport/trpc/router.ts'

const DEPRECATED: Deprecated = { since: '2027-01-31', sunset: '2027-08-01', use: 'users.list' }
const HEADERS = { deprecation: '@1801353600', sunset: 'Sun, 01 Aug 2027 00:00:00 GMT' }

describe('an operation that is to go', () => {
  test('an operation without a mark has no headers of deprecation', () => {
    expect(deprecationHeaders({})).toEqual({})
    expect(deprecationHeaders({ deprecated: { since: '2027-01-31' } })).toEqual({ deprecation: HEADERS.deprecation })
  })

  test('every answer of a deprecated operation says since when and until when, errors too', async () => {
    const operation: Operation = { ...operationOf('users.get'), deprecated: DEPRECATED }
    const app = new Elysia()
    const gate: Pick<Gate, 'call' | 'toAppError'> = {
      async call({ credentials }) {
        if (credentials === null) throw new AppError('unauthenticated')
        return { status: 200, data: {} }
      },
      toAppError: () => new AppError('internal'),
    }
    const cookie = new SessionCookie({ allows: () => true }, null)
    const limits = { max_body_bytes: 1_000, body_seconds: 1 }
    addRoutes(app, { gate, limits, prefix: '', cookie, operations: [['users.get', operation]] })
    const ask = async (headers: Record<string, string>) => {
      const request = new Request('http://localhost/users/me', { headers })
      // Cast: the route reads nothing else of the client.
      const answer = await app.fetch(withClient(request, { request_id: 'r' } as RequestClient))
      return [answer.status, answer.headers.get('deprecation'), answer.headers.get('sunset')]
    }
    expect(await ask({ authorization: 'Bearer x' })).toEqual([200, HEADERS.deprecation, HEADERS.sunset])
    expect(await ask({})).toEqual([401, HEADERS.deprecation, HEADERS.sunset])
  })

  test('an answer of tRPC says so if one of the calls in it is deprecated', () => {
    const meta = openResponseMeta(name => ({
      ...operationOf('users.get'),
      ...(name === 'users.get' ? { deprecated: DEPRECATED } : {}),
    }))
    const { headers } = meta({ paths: ['users.list', 'users.get'], errors: [] })
    expect([headers.get('deprecation'), headers.get('sunset')]).toEqual([HEADERS.deprecation, HEADERS.sunset])
    expect(meta({ paths: ['users.list'], errors: [] }).headers.has('deprecation')).toBe(false)
  })
})
