const DEADLINE_MS = 30_000
const LONGEST_WAIT_MS = 20

/** Waits for a condition, checked after 1, 2, 4 … 20 ms; fails after 30 s with the description. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  state: () => unknown = () => '',
): Promise<void> {
  const end = performance.now() + DEADLINE_MS
  for (let wait = 1; !(await condition()); wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    if (performance.now() > end) throw new Error(`waited in vain: ${what} ${String(state())}`)
    await Bun.sleep(wait)
  }
}
