/**
 * What each feature level brought. A client that needs an addition asks for its level: the server's is in `hello`, in
 * `/health/live` and in both documents. Each release that adds something to the contract adds one, and none is ever removed
 * (docs/releasing.md).
 */
export const FEATURE_LEVELS = ['What 0.1.0 has'] as const

export const FEATURE_LEVEL = FEATURE_LEVELS.length
