import { describe, expect, test } from 'bun:test'
import Ajv2020 from 'ajv/dist/2020'
import addFormats from 'ajv-formats'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { restOperations } from '../../contracts/index.ts'
import { ERRORS } from '../../contracts/errors.ts'
import { errorsOf } from '../../contracts/kit.ts'
import { sharedServer } from '../support/server.ts'
import { shared } from '../support/shared.ts'

interface Answered {
  description: string
  content?: Record<string, { schema: object; example?: unknown; examples?: Record<string, { value: unknown }> }>
}
interface Described {
  operationId: string
  summary: string
  responses: Record<string, Answered>
  requestBody?: { content: Record<string, { schema: object; example: unknown }> }
}
interface Document {
  paths: Record<string, Record<string, Described>>
  components: { schemas: Record<string, object> }
}

const server = sharedServer()
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
    if (totals.errors > 0) throw new Error(lint.stdout.toString().slice(0, 4_000))
    expect(totals.errors).toBe(0)
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
      for (const code of errorsOf(operation)) {
        const answered = described?.responses[ERRORS[code].status]
        expect(answered?.content?.['application/problem+json']?.examples).toHaveProperty(code)
      }
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
        for (const [status, { content = {} }] of Object.entries(responses))
          for (const { schema, example, examples = {} } of Object.values(content))
            for (const value of [
              ...(example === undefined ? [] : [example]),
              ...Object.values(examples).map(each => each.value),
            ])
              check(`${method} ${path} ${status}`, schema, value)
      }
    expect(checked).toBeGreaterThan(200)
  })
})
