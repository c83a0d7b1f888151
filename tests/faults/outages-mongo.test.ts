import { afterAll, describe, test } from 'bun:test'
import { OUTAGES } from '../support/outages.ts'
import { shared } from '../support/shared.ts'
import { mongoCell } from './outages/mongo.ts'
import { fullStack, openStage } from './outages/stage.ts'

const services = fullStack()
const SLOW = 180_000

if (typeof services === 'string') test.skip(`MongoDB away: ${services}`, () => undefined)
else
  describe('MongoDB away', () => {
    const stage = shared(() => openStage(services, 'as it is'))
    afterAll(() => stage()[Symbol.asyncDispose]())
    test.each(OUTAGES)(
      '%s: calls are refused in time, nothing acknowledged is lost, and the same process goes on',
      async outage => mongoCell(stage(), outage),
      SLOW,
    )
  })
