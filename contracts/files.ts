import { z } from 'zod'
import { File } from './entities.ts'
import { ROOM, file } from './examples.ts'
import { fileId, id, time } from './fields.ts'
import { ANY_MEDIA, op } from './kit.ts'

/** `1` or `true` in a query. */
const flag = z
  .union([z.enum(['1', 'true', '0', 'false']), z.literal([1, 0]), z.boolean()])
  .transform(value => value === true || value === 1 || value === '1' || value === 'true')

const LINK = 'c2lnbmF0dXJlIG9mIHRoZSBsaW5r'

export const FileLink = z
  .object({
    url: z.string(),
    thumbnail_url: z.string().nullable().meta({ description: 'null: it has no thumbnail' }),
    expires_at: time,
  })
  .meta({ id: 'FileLink', description: 'Paths on this server, to be resolved against its URL' })

export const files = {
  upload: op({
    method: 'POST',
    path: '/upload',
    location: '/files/{id}',
    allow: 'user',
    body: 'multipart',
    http_only: true,
    summary: 'Upload a file',
    description:
      'The type is found in the content; the name is text for display. Nobody else sees the file until a message or a profile ' +
      'refers to it; if nothing does for 24 hours, it is removed. With `conversation_id` an upload is refused that could not be ' +
      'sent there. Larger files: `/uploads`.',
    input: z.strictObject({
      conversation_id: id.optional().meta({ description: 'where the file is to be sent' }),
    }),
    output: File,
    status: [201],
    errors: ['not_found', 'forbidden', 'conversation_disabled', 'quota_exceeded', 'too_large'],
    emits: [],
    example: { input: { conversation_id: ROOM }, output: file },
  }),
  get: op({
    method: 'GET',
    path: '/files/{file_id}',
    allow: 'user',
    media: [ANY_MEDIA],
    summary: 'Get what a file is, or its bytes',
    description:
      'The bytes with `download=1`, or if `Accept` prefers anything to JSON; those of a small picture with `thumbnail=1`. Bytes ' +
      'are sent over HTTP only, with `Range`, `ETag` and HEAD. They are for the uploader, for members of a conversation with a ' +
      'message or an avatar that is the file, and those of a user’s avatar for everybody.',
    input: z.strictObject({
      file_id: fileId,
      download: flag.optional().meta({ description: 'the bytes' }),
      thumbnail: flag.optional().meta({ description: 'the bytes of a picture of at most 512 × 512 pixels' }),
    }),
    output: File,
    status: [200, 206, 304],
    errors: ['not_found', 'range_not_satisfiable'],
    emits: [],
    example: { input: { file_id: file.id }, output: file },
  }),
  link: op({
    method: 'GET',
    path: '/files/{file_id}/link',
    allow: 'user',
    summary: 'Get links to the bytes of a file, for `<img>` and the like',
    description:
      'Paths on this server that answer the bytes without an `Authorization` header, to anybody who has them, for at most an hour; as ' +
      'long as your session lasts and you see the file. The same for some time, so that browsers can cache what they show.',
    input: z.strictObject({ file_id: fileId }),
    output: FileLink,
    status: [200],
    errors: ['not_found'],
    emits: [],
    example: {
      input: { file_id: file.id },
      output: {
        url: `/files/${file.id}/content?link=${LINK}`,
        thumbnail_url: `/files/${file.id}/content?link=${LINK}&thumbnail=1`,
        expires_at: '2026-11-24T10:30:00.000Z',
      },
    },
  }),
  content: op({
    method: 'GET',
    path: '/files/{file_id}/content',
    allow: 'anyone',
    limit: 'none',
    media: [ANY_MEDIA],
    http_only: true,
    summary: 'Get the bytes of a file by a link',
    description: 'As `files.get` with `download=1`, for who has a link (`files.link`) instead of a token.',
    input: z.strictObject({
      file_id: fileId,
      link: z.string().min(1).max(200).meta({ description: 'of `files.link`' }),
      thumbnail: flag.optional().meta({ description: 'the bytes of a picture of at most 512 × 512 pixels' }),
    }),
    output: null,
    status: [200, 206, 304],
    errors: ['unauthenticated', 'not_found', 'range_not_satisfiable'],
    emits: [],
    example: { input: { file_id: file.id, link: LINK }, output: null },
  }),
  delete: op({
    method: 'DELETE',
    path: '/files/{file_id}',
    allow: 'user',
    summary: 'Delete your file, to which nothing refers',
    input: z.strictObject({ file_id: fileId }),
    output: null,
    status: [204],
    errors: ['not_found', 'forbidden', 'file_in_use'],
    emits: [],
    example: { input: { file_id: file.id }, output: null },
  }),
} as const
