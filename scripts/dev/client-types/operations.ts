import type { z } from 'zod'
import type { ErrorCode } from '../../../contracts/errors.ts'
import { operations } from '../../../contracts/index.ts'
import { errorsOf, type Operation } from '../../../contracts/kit.ts'
import { comment, fieldsOf, isOptional, typeOf } from './print.ts'

/** Codes that every operation may answer with. */
const COMMON = operations()
  .map(([, operation]) => errorsOf(operation))
  .reduce((common, codes) => common.filter(code => codes.includes(code)))

/** Input, output and error codes of each operation, and its method. */
export function operationTypes(): string {
  const all = operations()
  return `
/** Codes that every operation may answer with. */
export type CommonCode = ${quoted(COMMON)}

/** Input, output and error codes of every operation, by its name. */
export interface Operations {
${all.map(operationType).join('\n')}
}
`
}

/** A method for each operation, with its description. */
export function methods(): string {
  const groups = [...new Set(operations().map(([name]) => partsOf(name)[0]))]
  return `
/** An item of a list. */
export type ItemOf<L> = L extends List<infer T> ? T : never

/** A method for every operation: \`client.groups.addMembers({ … })\`. */
export interface Methods {
${groups.map(group => `readonly ${group}: ${methodsOf(group)}`).join('\n')}
}
`
}

function operationType([name, operation]: [string, Operation]): string {
  const { input, output, body } = operation
  const own = errorsOf(operation).filter(code => !COMMON.includes(code))
  const more = body === undefined ? '' : `${body === 'bytes' ? 'body' : 'file'}: Blob`
  return `'${name}': {
    input: ${fieldsOf(input.shape, 'input', more)}
    output: ${output ? typeOf(output, 'output') : 'null'}
    codes: CommonCode ${own.length > 0 ? `| ${quoted(own)}` : ''}
  }`
}

function methodsOf(group: string): string {
  const own = operations().filter(([name]) => partsOf(name)[0] === group)
  const methods = own.map(([name, operation]) => {
    const type = `(${argumentsOf(name, operation)}) => Promise<Operations['${name}']['output']>`
    return `${comment(textOf(operation))}readonly ${camel(partsOf(name)[1])}: ${type}`
  })
  const pages = own.filter(([name, { output }]) => name === `${group}.list` && isList(output)).map(pagesOf)
  return `{ ${[...methods, ...pages].join('\n')} }`
}

function pagesOf([name, operation]: [string, Operation]): string {
  const type = `(${argumentsOf(name, operation)}) => AsyncIterableIterator<ItemOf<Operations['${name}']['output']>>`
  return `${comment(`The items of \`${name}\` one by one, over all pages.`)}readonly pages: ${type}`
}

function argumentsOf(name: string, { input, body }: Operation): string {
  const fields: z.ZodType[] = Object.values(input.shape)
  const needed = body !== undefined || !fields.every(isOptional)
  const options = body === undefined ? 'CallOptions' : 'UploadOptions'
  return `input${needed ? '' : '?'}: Operations['${name}']['input'], options?: ${options}`
}

/** Whether an answer is a list that has pages. */
export function isList(output: z.ZodType | null): boolean {
  return output !== null && 'shape' in output && 'next_start' in (output as z.ZodObject).shape
}

export function partsOf(name: string): [string, string] {
  const [group = '', verb = ''] = name.split('.')
  return [group, verb]
}

function textOf({ summary, description, method, path }: Operation): string {
  const text = description === undefined ? `${summary}.` : `${summary}. ${description}`
  return `${text} (\`${method} ${path}\`)`
}

export function camel(verb: string): string {
  return verb.replaceAll(/-(\w)/g, (_all, letter: string) => letter.toUpperCase())
}

function quoted(codes: readonly ErrorCode[]): string {
  return codes.map(code => `'${code}'`).join(' | ')
}
