/** Positions that an opaque cursor of `/sync` and SSE names. */
export interface Cursors {
  save(cursor: CursorRecord): Promise<void>
  find(id: string): Promise<CursorRecord | null>
}
export interface CursorRecord {
  id: string
  user_id: string
  positions: Record<string, number>
  expires_at: string
}
