/** A session that was authenticated by an access token or a ticket. */
export interface Identity {
  user_id: string
  session_id: string
  /** ISO time at which the token behind it expires. */
  expires_at: string
  /** Whether the session is that of an API key. */
  by_key: boolean
}
