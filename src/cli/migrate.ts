import { readConfig } from '../config.ts'
import { refuseArguments, type Invocation } from './command.ts'
import { openStore } from './store.ts'

export async function run({ args, environment, say }: Invocation): Promise<number> {
  refuseArguments(args)
  const changes: string[] = []
  const store = await openStore(readConfig(environment), what => changes.push(what))
  await store[Symbol.asyncDispose]()
  say(...(changes.length > 0 ? changes : ['The store has the form of this version already.']))
  return 0
}
