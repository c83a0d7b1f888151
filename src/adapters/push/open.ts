import type { PushSender } from '../../ports/push.ts'
import { Apns, type ApnsOptions } from './apns.ts'
import { Fcm, type FcmOptions } from './fcm.ts'
import { WebPush, type WebPushOptions } from './webpush.ts'

/** Without the credentials of a platform its devices are refused. */
export interface PushServices {
  web: WebPushOptions
  fcm: FcmOptions | null
  apns: ApnsOptions | null
}

/** The sender that gives each target to the push service of its platform. */
export function openPushServices({ web, fcm, apns }: PushServices): PushSender {
  const [browsers, android, apple] = [new WebPush(web), fcm && new Fcm(fcm), apns && new Apns(apns)]
  const missing = { path: 'platform', message: 'is not set up on this server' }
  const unable = { outcome: 'rejected', reason: 'the platform is not set up' } as const
  return {
    async check(target) {
      if (target.platform === 'web') return browsers.check(target)
      const service = target.platform === 'fcm' ? android : apple
      return service ? service.check(target) : missing
    },
    async send(target, message) {
      if (target.platform === 'web') return browsers.send(target, message)
      const service = target.platform === 'fcm' ? android : apple
      return service ? service.send(target, message) : unable
    },
    async [Symbol.asyncDispose]() {
      await apple?.[Symbol.asyncDispose]()
    },
  }
}
