import { fileTypeFromBuffer } from 'file-type'
import { contentTypeOf, TEXT_TYPE, UNKNOWN_TYPE } from '../domain/content-types.ts'

/**
 * The type of content by its first bytes alone. The name and the type that a client gives are not looked at. What begins with no
 * known signature is text if it is UTF-8 without control characters, else unknown.
 */
export async function sniff(head: Uint8Array): Promise<string> {
  // It throws for some damaged containers, whose signature it has recognised but not what they contain.
  const detected = await fileTypeFromBuffer(head).catch(() => undefined)
  if (detected) return contentTypeOf(detected.mime)
  return isText(head) ? TEXT_TYPE : UNKNOWN_TYPE
}

/** Tab, line feed, form feed, carriage return and escape occur in texts. */
const TEXT_CONTROLS: ReadonlySet<number> = new Set([0x09, 0x0a, 0x0c, 0x0d, 0x1b])
const DELETE = 0x7f

function isText(head: Uint8Array): boolean {
  if (head.some(byte => byte === DELETE || (byte < 0x20 && !TEXT_CONTROLS.has(byte)))) return false
  try {
    // A character may be cut off at the end of the head.
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true })
    return true
  } catch {
    return false
  }
}
