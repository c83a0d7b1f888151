import { z } from 'zod'
import { AppError } from '../../../contracts/errors.ts'
import { fieldsIn, pathNames, type Operation } from '../../../contracts/kit.ts'
import { readJson, type BodyLimits } from '../../http/body.ts'
import type { Exchange } from '../../http/exchange.ts'

/** Reads the one flat input object of a REST request: path, then query, JSON body, or the form fields before the file. */
export type ReadInput = (
  request: Request,
  params: Record<string, string>,
  exchange: Exchange | null,
) => Promise<Record<string, unknown>>

type Convert = (text: string) => unknown

export function inputReader(operation: Operation, limits: BodyLimits): ReadInput {
  const names = pathNames(operation)
  const place = (input: Record<string, unknown>, params: Record<string, string>) => {
    for (const name of names) {
      if (name in input) throw collision(name)
      input[name] = params[name]
    }
    return input
  }
  if (fieldsIn(operation) === 'body')
    return async (request, params) => {
      refuseQuery(request.url)
      return place(await readJson(request, limits), params)
    }
  const convert = conversions(operation)
  if (fieldsIn(operation) === 'form')
    return async (request, params, exchange) => {
      refuseQuery(request.url)
      const fields = Object.entries((await exchange?.readForm()) ?? {})
      return place(Object.fromEntries(fields.map(([key, text]) => [key, convert.get(key)?.(text) ?? text])), params)
    }
  return async (request, params) => place(readQuery(request.url, convert), params)
}

/** Query values are text. Fields that are numbers or booleans in the contract are converted, others stay text. */
function readQuery(url: string, convert: ReadonlyMap<string, Convert>): Record<string, unknown> {
  const query = Object.create(null) as Record<string, unknown>
  const mark = url.indexOf('?')
  if (mark < 0) return query
  for (const [key, text] of new URLSearchParams(url.slice(mark + 1))) {
    if (key in query)
      throw new AppError('validation_failed', { errors: [{ path: key.slice(0, 64), message: 'is given twice' }] })
    query[key] = convert.get(key)?.(text) ?? text
  }
  return query
}

function refuseQuery(url: string): void {
  const mark = url.indexOf('?')
  if (mark < 0) return
  const errors = [...new URLSearchParams(url.slice(mark + 1)).keys()].map(key => ({
    path: key.slice(0, 64),
    message: 'belongs in the body',
  }))
  if (errors.length > 0) throw new AppError('validation_failed', { errors })
}

function conversions(operation: Operation): Map<string, Convert> {
  const { properties = {} } = z.toJSONSchema(operation.input, { io: 'input', unrepresentable: 'any' })
  const found = new Map<string, Convert>()
  for (const [name, property] of Object.entries(properties)) {
    if (typeof property !== 'object') continue
    if (property.type === 'integer' || property.type === 'number') found.set(name, toNumber)
    if (property.type === 'boolean') found.set(name, toBoolean)
  }
  return found
}

function toNumber(text: string): unknown {
  return /^-?\d{1,15}$/.test(text) ? Number(text) : text
}

function toBoolean(text: string): unknown {
  return text === 'true' ? true : text === 'false' ? false : text
}

function collision(name: string): AppError {
  return new AppError('validation_failed', { errors: [{ path: name, message: 'belongs in the path' }] })
}
