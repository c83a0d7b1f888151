/** A credential that is made when it is first needed, used until shortly before it expires, and made once at a time. */
export class TokenCache {
  readonly #make: () => Promise<{ token: string; expires_ms: number }>
  readonly #clock: () => Date
  #current: { token: string; expires_ms: number } | null = null
  #making: Promise<{ token: string; expires_ms: number }> | null = null

  constructor(clock: () => Date, make: () => Promise<{ token: string; expires_ms: number }>) {
    this.#clock = clock
    this.#make = make
  }

  async get(): Promise<string> {
    if (this.#current && this.#current.expires_ms > this.#clock().getTime()) return this.#current.token
    this.#making ??= this.#make().finally(() => (this.#making = null))
    this.#current = await this.#making
    return this.#current.token
  }

  /** The token was refused: the next call makes another. A token that replaced it meanwhile stays. */
  drop(token: string): void {
    if (this.#current?.token === token) this.#current = null
  }
}
