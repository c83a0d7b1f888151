import { LocalNetwork } from '../../src/adapters/bus/local.ts'
import { busConformance } from '../conformance/bus/index.ts'

busConformance('The bus of one process', async () => {
  const network = new LocalNetwork()
  return { join: async () => network.join(), [Symbol.asyncDispose]: async () => undefined }
})
