import type { CallOptions } from './call-options.ts'
import type { RequestOptions } from './http.ts'
import type { OperationTable } from './operations.ts'
import type { Fields } from './request.ts'
import type { Methods, OperationName } from './wire-types.ts'

/** What `client.files` has besides the operations. */
export interface FileMethods {
  /** The bytes of a file, or of its thumbnail. */
  readonly download: (input: FileInput, options?: CallOptions) => Promise<Blob>
  /** Where the bytes are. The address does not sign in: it is of use where a cookie or a header does. */
  readonly url: (input: FileInput) => string
}

export interface FileInput {
  file_id: string
  thumbnail?: boolean | undefined
}

export interface MethodParts {
  url: string
  operations: OperationTable
  call: (name: OperationName, input?: Fields, options?: RequestOptions) => Promise<unknown>
  pages: (name: OperationName, input?: Fields, options?: CallOptions) => unknown
}

/** `client.groups.addMembers({ … })`: a method for every operation, by groups. */
export function methodsOf({ url, operations, call, pages }: MethodParts): Methods & { files: FileMethods } {
  const groups: Record<string, Record<string, unknown>> = {}
  for (const { name, flags } of operations.values()) {
    const [group = '', verb = ''] = name.split('.')
    const methods = (groups[group] ??= {})
    methods[camel(verb)] = (input?: Fields, options?: CallOptions) => call(name, input, options)
    if (verb === 'list' && flags.includes('l'))
      methods['pages'] = (input?: Fields, options?: CallOptions) => pages(name, input, options)
  }
  const files: FileMethods = {
    // Cast: with `blob` the answer is one.
    download: async ({ file_id, thumbnail }, options) =>
      (await call('files.get', { file_id, [kindOf(thumbnail)]: 1 }, { ...options, blob: true })) as Blob,
    url: ({ file_id, thumbnail }) => `${url}/files/${encodeURIComponent(file_id)}?${kindOf(thumbnail)}=1`,
  }
  // Cast: the loop makes a method for every operation, which is what `Methods` describes.
  return { ...groups, files: { ...groups['files'], ...files } } as unknown as Methods & { files: FileMethods }
}

function kindOf(thumbnail = false): 'thumbnail' | 'download' {
  return thumbnail ? 'thumbnail' : 'download'
}

function camel(verb: string): string {
  return verb.replace(/-(\w)/g, (_all, letter: string) => letter.toUpperCase())
}
