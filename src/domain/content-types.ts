/**
 * Types that a browser may show in its own window: it decodes them, and runs nothing that they contain (specification, Files).
 * Everything else is offered for download.
 */
const INLINE: ReadonlySet<string> = new Set([
  'image/png',
  'image/apng',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/avif',
  'audio/mpeg',
  'audio/mp4',
  'audio/aac',
  'audio/ogg',
  'audio/opus',
  'audio/flac',
  'audio/wav',
  'audio/webm',
  'video/mp4',
  'video/webm',
  'video/ogg',
  'video/quicktime',
])

export function isInline(content_type: string): boolean {
  return INLINE.has(content_type)
}

/** Other names of the same types, as libraries use them. */
const SYNONYMS: Readonly<Record<string, string>> = {
  'audio/x-m4a': 'audio/mp4',
  'audio/ogg; codecs=opus': 'audio/ogg',
  'audio/vnd.wave': 'audio/wav',
  'audio/x-flac': 'audio/flac',
  'video/x-m4v': 'video/mp4',
}

/** What is not known to be anything else. */
export const UNKNOWN_TYPE = 'application/octet-stream'
/** Markup is text to us: a browser that gets it as such runs nothing of it. */
export const TEXT_TYPE = 'text/plain'

/** The type under which content that was recognised as `detected` is kept. */
export function contentTypeOf(detected: string): string {
  const type = SYNONYMS[detected] ?? detected
  return type.startsWith('text/') || /^[\w.-]+\/(?:[\w.-]+\+)?xml$/.test(type) ? TEXT_TYPE : type
}
