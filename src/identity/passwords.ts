import { openSlots } from '../slots.ts'

/** What a hash costs: memory in KiB and passes over it. */
export interface HashCost {
  memoryCost: number
  timeCost: number
}
/** OWASP's minimum for Argon2id: 19 MiB, two passes (specification, Auth). */
export const HASH_COST: HashCost = { memoryCost: 19_456, timeCost: 2 }
/** Hashes that may wait; more are answered 503. */
const MAX_WAITING = 256

/** Too many hashes are waiting; the gate answers 503. */
export class HashQueueFull extends Error {
  override readonly name = 'HashQueueFull'
}

/** `outdated`: right, but the hash should be made anew, because its parameters or its form of the password are not today's. */
export type PasswordCheck = 'wrong' | 'right' | 'outdated'

/** Passwords are hashed in the form NFKC (NIST SP 800-63B), because keyboards differ in the form that they produce. */
export interface Passwords {
  hash(password: string): Promise<string>
  /** Without a hash it returns `wrong` after the same time, so that an unknown account looks like a wrong password. */
  verify(password: string, hash: string | null): Promise<PasswordCheck>
}

/** Hashes outside the event loop, at most `concurrency` at a time, so that sign-ins do not delay sends. */
export async function openPasswords(concurrency: number, cost = HASH_COST): Promise<Passwords> {
  const algorithm = { algorithm: 'argon2id', ...cost } as const
  const current = `$argon2id$v=19$m=${cost.memoryCost},t=${cost.timeCost},p=1$`
  const slots = openSlots(concurrency, MAX_WAITING, () => new HashQueueFull('too many password hashes are waiting'))
  const matches = (password: string, hash: string) => slots.run(() => Bun.password.verify(password, hash))
  const decoy = await Bun.password.hash(crypto.randomUUID(), algorithm)
  return {
    hash: password => slots.run(() => Bun.password.hash(password.normalize('NFKC'), algorithm)),
    async verify(password, hash) {
      const normal = password.normalize('NFKC')
      if (await matches(normal, hash ?? decoy))
        return hash === null ? 'wrong' : hash.startsWith(current) ? 'right' : 'outdated'
      // Hashes of earlier versions are of the password as it was typed.
      const verbatim = normal !== password && (await matches(password, hash ?? decoy))
      return verbatim && hash !== null ? 'outdated' : 'wrong'
    },
  }
}
