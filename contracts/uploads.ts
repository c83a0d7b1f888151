import { z } from 'zod'
import { fileId } from './fields.ts'
import { op } from './kit.ts'

/** The version of tus, in every answer of these operations. */
const TUS = { 'tus-resumable': '1.0.0', 'tus-version': '1.0.0' } as const
const REQUEST = { 'Tus-Resumable': '1.0.0' } as const
const FILE = '0191a3f4-6b1c-4c1e-9a55-2f7f5c3f6a10'

const upload_id = fileId.meta({ format: 'uuid', description: 'becomes the id of the file' })
const PROTOCOL =
  'Part of the protocol tus 1.0 (https://tus.io/protocols/resumable-upload), which has its fields in headers. '

/** Resumable uploads, for files that are larger than `POST /upload` takes or networks that fail. */
export const uploads = {
  options: op({
    method: 'OPTIONS',
    path: '/uploads',
    allow: 'anyone',
    http_only: true,
    headers: TUS,
    summary: 'Ask what resumable uploads can do',
    description: `${PROTOCOL}Answers \`Tus-Extension\` and \`Tus-Max-Size\`.`,
    input: z.strictObject({}),
    output: null,
    status: [204],
    errors: [],
    emits: [],
    example: { input: {}, output: null },
  }),
  create: op({
    method: 'POST',
    path: '/uploads',
    allow: 'user',
    body: 'bytes',
    http_only: true,
    headers: TUS,
    request_headers: { ...REQUEST, 'Upload-Length': '5' },
    summary: 'Begin a resumable upload',
    description:
      `${PROTOCOL}\`Upload-Length\` is needed, \`Upload-Metadata\` may have \`filename\`; a body is the first part. ` +
      'Answers `Location`, `Upload-Offset` and `Upload-Expires`. The length counts against your quota from now on.',
    input: z.strictObject({}),
    output: null,
    status: [201],
    errors: [
      'tus_version',
      'unsupported_media_type',
      'too_large',
      'quota_exceeded',
      'too_many_uploads',
      'wrong_offset',
      'not_found',
      'busy',
    ],
    emits: [],
    example: { input: {}, output: null },
  }),
  status: op({
    method: 'GET',
    path: '/uploads/{upload_id}',
    allow: 'user',
    http_only: true,
    headers: TUS,
    request_headers: REQUEST,
    summary: 'Ask how much of an upload is stored',
    description: `${PROTOCOL}The protocol asks by HEAD. Answers \`Upload-Offset\`, \`Upload-Length\`, and \`Parley-File-Id\` once the file exists.`,
    input: z.strictObject({ upload_id }),
    output: null,
    status: [200],
    errors: ['tus_version', 'not_found', 'busy'],
    emits: [],
    example: { input: { upload_id: FILE }, output: null },
  }),
  append: op({
    method: 'PATCH',
    path: '/uploads/{upload_id}',
    allow: 'user',
    body: 'bytes',
    http_only: true,
    headers: TUS,
    request_headers: { ...REQUEST, 'Upload-Offset': '0', 'Content-Type': 'application/offset+octet-stream' },
    summary: 'Continue an upload',
    description:
      `${PROTOCOL}\`Upload-Offset\` must be what is stored. What has arrived is kept if the connection ends. ` +
      'The last answer has `Parley-File-Id`.',
    input: z.strictObject({ upload_id }),
    output: null,
    status: [204],
    errors: ['tus_version', 'not_found', 'wrong_offset', 'unsupported_media_type', 'too_large', 'busy'],
    emits: [],
    example: { input: { upload_id: FILE }, output: null },
  }),
  terminate: op({
    method: 'DELETE',
    path: '/uploads/{upload_id}',
    allow: 'user',
    http_only: true,
    headers: TUS,
    request_headers: REQUEST,
    summary: 'Give up an upload',
    description: `${PROTOCOL}A file that was made of it stays.`,
    input: z.strictObject({ upload_id }),
    output: null,
    status: [204],
    errors: ['tus_version', 'not_found', 'busy'],
    emits: [],
    example: { input: { upload_id: FILE }, output: null },
  }),
} as const
