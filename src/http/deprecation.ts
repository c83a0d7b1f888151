import type { Operation } from '../../contracts/kit.ts'

/** `Deprecation` (RFC 9745) and `Sunset` (RFC 8594) of an operation that is to go; nothing for any other. */
export function deprecationHeaders({ deprecated }: Pick<Operation, 'deprecated'>): Record<string, string> {
  if (!deprecated) return {}
  const { since, sunset } = deprecated
  return {
    deprecation: `@${Date.parse(since) / 1_000}`,
    ...(sunset ? { sunset: new Date(sunset).toUTCString() } : {}),
  }
}
