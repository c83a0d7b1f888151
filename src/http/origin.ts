import type { Config } from '../config.ts'

/**
 * Whether a page of this origin may open a socket. Browsers always send one; its absence means another kind of client, which
 * has no cookies to abuse. Compared whole: no suffix, no `null`.
 */
export function allowedOrigin(
  request: Request,
  { base_url, allowed_origins }: Pick<Config, 'base_url' | 'allowed_origins'>,
): boolean {
  const origin = request.headers.get('origin')
  if (origin === null) return true
  if (allowed_origins.includes(origin)) return true
  if (base_url !== null) return origin === new URL(base_url).origin
  const host = request.headers.get('host')
  return origin === `http://${host}` || origin === `https://${host}`
}
