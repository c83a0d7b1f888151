import type { CallOptions } from './call-options.ts'
import type { RequestOptions } from './http.ts'
import type { OperationTable } from './operations.ts'
import type { Fields } from './request.ts'
import type { FileLink, Methods, OperationName } from './wire-types.ts'

/** What `client.files` has besides the operations. */
export interface FileMethods {
  /** The bytes of a file, or of its thumbnail. */
  readonly download: (input: FileInput, options?: CallOptions) => Promise<Blob>
  /** An address of the bytes for `<img>` and the like, valid for at most an hour. A file without a thumbnail has its own. */
  readonly url: (input: FileInput, options?: CallOptions) => Promise<string>
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
      (await call(
        'files.get',
        { file_id, [thumbnail ? 'thumbnail' : 'download']: 1 },
        { ...options, blob: true },
      )) as Blob,
    url: async ({ file_id, thumbnail }, options) => {
      // Cast: the contract's output of the operation.
      const link = (await call('files.link', { file_id }, options)) as FileLink
      return url + ((thumbnail && link.thumbnail_url) || link.url)
    },
  }
  // Cast: the loop makes a method for every operation, which is what `Methods` describes.
  return { ...groups, files: { ...groups['files'], ...files } } as unknown as Methods & { files: FileMethods }
}

function camel(verb: string): string {
  return verb.replace(/-(\w)/g, (_all, letter: string) => letter.toUpperCase())
}
