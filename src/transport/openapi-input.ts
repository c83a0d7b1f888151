import { ANY_MEDIA, fieldsIn, pathNames, type Operation } from '../../contracts/kit.ts'
import { BINARY } from './openapi-responses.ts'
import { pascal, type Json, type Schemas } from './openapi-schemas.ts'

/** The parameters and the body of an operation. */
export function inputOf(name: string, operation: Operation, schemas: Schemas) {
  const {
    properties = {},
    required = [],
    oneOf,
  } = schemas.of(operation.input, 'input') as { properties?: Json; required?: string[]; oneOf?: unknown }
  const [inPath, place, { input }] = [pathNames(operation), fieldsIn(operation), operation.example]
  const rest = Object.keys(properties).filter(key => !inPath.includes(key))
  const parameter = (key: string, where: 'path' | 'query') => ({
    name: key,
    in: where,
    required: where === 'path' || required.includes(key),
    schema: properties[key],
    ...(key in input ? { example: input[key] } : {}),
  })
  const parameters = [
    ...(operation.refresh ? [REFRESH_HEADER] : []),
    ...inPath.map(key => parameter(key, 'path')),
    ...(place === 'query' ? rest.map(key => parameter(key, 'query')) : []),
  ]
  const needed = rest.filter(key => required.includes(key))
  const object = (fields: Json, names: readonly string[]) => ({
    type: 'object',
    properties: fields,
    ...(names.length > 0 ? { required: names } : {}),
    ...(oneOf ? { oneOf } : {}),
    additionalProperties: false,
  })
  const fields = Object.fromEntries(rest.map(key => [key, properties[key]]))
  const example = Object.fromEntries(Object.entries(input).filter(([key]) => rest.includes(key)))
  if (operation.body === 'bytes')
    return {
      parameters,
      body: { required: true, content: { [operation.request_headers?.['Content-Type'] ?? ANY_MEDIA]: BINARY } },
    }
  if (place === 'form') {
    const schema = object({ ...fields, file: BINARY.schema }, [...needed, 'file'])
    const form = schemas.named(`${pascal(name)}Input`, schema)
    return { parameters, body: { required: true, content: { 'multipart/form-data': { schema: form } } } }
  }
  if (place === 'query' || rest.length === 0) return { parameters, body: null }
  const schema = schemas.named(`${pascal(name)}Input`, object(fields, needed))
  const content = { 'application/json': { schema, example } }
  return { parameters, body: { required: needed.length > 0, content } }
}

const REFRESH_HEADER = {
  name: 'Parley-Refresh',
  in: 'header',
  required: false,
  schema: { type: 'string', enum: ['cookie'] },
  description: 'Keeps the refresh token in an HttpOnly cookie instead of the body: for pages in browsers',
} as const

/** `Content-Type` is that of the body. */
export function headerParameters(headers: Operation['request_headers'] = {}): Json[] {
  const own = Object.entries(headers).filter(([name]) => name !== 'Content-Type')
  return own.map(([name, example]) => ({ name, in: 'header', required: true, schema: { type: 'string' }, example }))
}
