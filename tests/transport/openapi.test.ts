import { describe, expect, test } from 'bun:test'
import Ajv2020 from 'ajv/dist/2020'
import addFormats from 'ajv-formats'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AppError, ERRORS, toProblem, type ErrorCode } from '../../contracts/errors.ts'
import { operationOf, restOperations } from '../../contracts/index.ts'
import { errorsOf, type Operation } from '../../contracts/kit.ts'
import { PERMISSIONS } from '../../contracts/permissions.ts'
import { openApiDocument } from '../../src/transport/openapi.ts'
import { sharedServer } from '../support/server.ts'
import { shared } from '../support/shared.ts'

interface Answered {
  $ref?: string
  description: string
  content?: Record<string, { schema: object; example?: unknown; examples?: Record<string, { value: unknown }> }>
}
interface Described {
  operationId: string
  summary: string
  description: string
  responses: Record<string, Answered>
  requestBody?: { content: Record<string, { schema: object; example: unknown }> }
}
interface Document {
  paths: Record<string, Record<string, Described>>
  components: { schemas: Record<string, object>; responses: Record<string, Answered> }
}

const server = sharedServer()
/** The answer itself, where several operations share it. */
const answered = (answer: Answered | undefined): Answered | undefined =>
  answer?.$ref === undefined ? answer : published().components.responses[answer.$ref.split('/').at(-1) ?? '']
const published = shared(async () => (await (await fetch(`${server.url}/openapi.json`)).json()) as Document)

describe('/openapi.json', () => {
  test('/openapi.json is valid by an independent linter', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'parley-openapi-'))
    const file = join(folder, 'openapi.json')
    await writeFile(file, JSON.stringify(published()))
    const lint = Bun.spawnSync(
      [join(import.meta.dir, '../../node_modules/.bin/redocly'), 'lint', '--format=json', file],
      {
        cwd: folder,
        env: { ...process.env, REDOCLY_TELEMETRY: 'off', CI: 'true' },
      },
    )
    await rm(folder, { recursive: true })
    const { totals } = JSON.parse(lint.stdout.toString()) as { totals: { errors: number; warnings: number } }
    if (totals.errors + totals.warnings > 0) throw new Error(lint.stdout.toString().slice(0, 4_000))
    expect(totals).toMatchObject({ errors: 0, warnings: 0 })
  })

  test('/openapi.json describes every operation with summary, example, all its statuses and errors', () => {
    for (const [name, operation] of restOperations()) {
      const described = published().paths[operation.path]?.[operation.method.toLowerCase()]
      expect(described?.operationId).toBe(name)
      expect(described?.summary.length).toBeGreaterThan(5)
      const statuses = [...operation.status, ...errorsOf(operation).map(code => ERRORS[code].status)]
      expect(
        Object.keys(described?.responses ?? {})
          .map(Number)
          .toSorted((a, b) => a - b),
      ).toEqual([...new Set(statuses)].toSorted((a, b) => a - b))
      const codes = Object.values(described?.responses ?? {}).flatMap(each =>
        Object.keys(answered(each)?.content?.['application/problem+json']?.examples ?? {}),
      )
      expect(codes.toSorted()).toEqual(errorsOf(operation))
    }
  })

  test('/openapi.json has examples that match its own schemas', () => {
    const ajv = new Ajv2020({ strict: false, allErrors: true })
    addFormats(ajv)
    ajv.addSchema({ $id: 'doc', components: published().components })
    const at = (schema: object) =>
      JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"doc#/components')) as object
    let checked = 0
    const check = (where: string, schema: object, value: unknown) => {
      const valid = ajv.validate(at(schema), value)
      if (!valid) throw new Error(`${where}: ${ajv.errorsText()}`)
      checked += 1
    }
    for (const [path, methods] of Object.entries(published().paths))
      for (const [method, { requestBody, responses }] of Object.entries(methods)) {
        const body = requestBody?.content['application/json']
        if (body) check(`${method} ${path}`, body.schema, body.example)
        for (const [status, answer] of Object.entries(responses))
          for (const { schema, example, examples = {} } of Object.values(answered(answer)?.content ?? {}))
            for (const value of [
              ...(example === undefined ? [] : [example]),
              ...Object.values(examples).map(each => each.value),
            ])
              check(`${method} ${path} ${status}`, schema, value)
      }
    expect(checked).toBeGreaterThan(200)
  })

  test('/openapi.json takes exactly the error codes of an operation at a status', () => {
    const ajv = new Ajv2020({ strict: false })
    addFormats(ajv)
    ajv.addSchema({ $id: 'doc', components: published().components })
    const of = (code: ErrorCode) => ({ ...toProblem(new AppError(code), 'r') })
    let checked = 0
    for (const [name, operation] of restOperations()) {
      const own = errorsOf(operation)
      const { responses = {} } = published().paths[operation.path]?.[operation.method.toLowerCase()] ?? {}
      for (const status of new Set(own.map(code => ERRORS[code].status))) {
        const schema = answered(responses[status])?.content?.['application/problem+json']?.schema ?? false
        const takes = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"doc#/')) as object)
        // Cast: the keys of the table are its codes.
        for (const code of Object.keys(ERRORS) as ErrorCode[]) {
          const expected = own.includes(code) && ERRORS[code].status === status
          if (takes(of(code)) !== expected) throw new Error(`${name} ${status}: ${code} should be ${expected}`)
          checked += 1
        }
      }
    }
    expect(checked).toBeGreaterThan(1_000)
  })

  test('/openapi.json names every schema once, and no object has no name and two places', () => {
    const { paths, components } = published()
    expect(Object.keys(components.schemas).filter(name => !/^[A-Z][A-Za-z]+$/.test(name))).toEqual([])
    const texts = Object.values(components.schemas).map(schema => JSON.stringify(schema))
    expect(new Set(texts).size).toBe(texts.length)
    const places = new Map<string, string[]>()
    const walk = (value: unknown, place: string, depth: number) => {
      if (typeof value !== 'object' || value === null) return
      if (depth > 0 && 'properties' in value && Object.keys(value.properties ?? {}).length > 1) {
        const text = JSON.stringify(value)
        places.set(text, [...(places.get(text) ?? []), place])
      }
      for (const [key, inner] of Object.entries(value))
        if (!key.startsWith('example') && !key.startsWith('x-')) walk(inner, `${place} ${key}`, depth + 1)
    }
    walk(paths, 'paths', 1)
    for (const [name, schema] of Object.entries(components.schemas)) walk(schema, name, 0)
    expect([...places.values()].filter(where => where.length > 1)).toEqual([])
    for (const methods of Object.values(paths))
      for (const { operationId, requestBody, responses } of Object.values(methods)) {
        const bodies = [
          requestBody?.content ?? {},
          ...Object.values(responses).map(each => answered(each)?.content ?? {}),
        ]
        for (const content of bodies)
          for (const [type, { schema }] of Object.entries(content))
            if (/json|form/.test(type))
              expect([operationId, type, Object.keys(schema)]).toEqual([operationId, type, ['$ref']])
      }
  })

  test('/openapi.json names only permissions that there are, in its schemas and examples', () => {
    const found: string[] = []
    JSON.stringify(published(), (key, value: unknown) => {
      if (key === 'permissions' && Array.isArray(value)) found.push(...(value as string[]))
      return value
    })
    expect(found.length).toBeGreaterThan(10)
    expect(found.filter(name => !PERMISSIONS.some(each => each === name))).toEqual([])
    expect(published().components.schemas['Me']).toMatchObject({
      properties: { permissions: { items: { enum: PERMISSIONS } } },
    })
  })

  test('/openapi.json says which operation is deprecated, since when, and what to use', () => {
    const deprecated = { since: '2027-01-31', sunset: '2027-08-01', use: 'users.list' }
    const operation: Operation = { ...operationOf('users.get'), deprecated }
    const { paths } = openApiDocument('/', [['users.get', operation]]) as unknown as Document
    const described = paths['/users/{user_id}']?.['get']
    expect(described).toMatchObject({
      deprecated: true,
      responses: { 200: { headers: { Deprecation: {}, Sunset: {} } } },
    })
    expect(described?.description).toStartWith('**Deprecated since 2027-01-31.**')
    expect(JSON.stringify(published())).not.toContain('"deprecated":true')
  })
})
