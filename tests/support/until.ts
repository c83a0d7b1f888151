const DEADLINE_MS = 10_000

/** Waits for a condition, looking again whenever the event loop has turned; fails after 10 s with what was awaited. */
export async function until(condition: () => boolean, what: string, state: () => unknown = () => ''): Promise<void> {
  const end = performance.now() + DEADLINE_MS
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited in vain: ${what} ${String(state())}`)
    await Bun.sleep(1)
  }
}
