/** What every call takes besides its input. */
export interface CallOptions {
  /** Aborting rejects the call with its reason, an `AbortError` by default. The server may have carried it out nevertheless. */
  signal?: AbortSignal | undefined
  /** How long the call may take, in place of the client's `timeout_ms`. */
  timeout_ms?: number | undefined
}

export interface UploadProgress {
  /** Bytes of the request that were sent. */
  sent: number
  /** Bytes of the request. */
  total: number
}

/** What a call takes that sends bytes. */
export interface UploadOptions extends CallOptions {
  /** Called while the bytes are sent, where the platform tells: in browsers and React Native, not in Node. */
  onProgress?: ((progress: UploadProgress) => void) | undefined
}
