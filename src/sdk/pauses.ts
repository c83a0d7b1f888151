/** Pauses between attempts, by name. */
export class Pauses {
  readonly #ends = new Map<string, (all: boolean) => void>()

  /** Waits at least `least_ms`, and up to `ms` unless `hurry` is called. */
  pause(name: string, least_ms: number, ms: number): Promise<void> {
    return new Promise(resolve => {
      let woken = false
      let passed = least_ms <= 0
      const end = () => {
        clearTimeout(timer)
        this.#ends.delete(name)
        resolve()
      }
      const least = () => {
        passed = true
        if (woken || ms <= least_ms) end()
        else timer = setTimeout(end, ms - least_ms)
      }
      let timer = setTimeout(passed ? end : least, passed ? ms : least_ms)
      this.#ends.set(name, all => {
        woken = true
        if (passed || all) end()
      })
    })
  }

  /** Ends every pause whose least time has passed, the others when it has; `all`: these too, now. */
  hurry(all: boolean): void {
    for (const end of this.#ends.values()) end(all)
  }
}
