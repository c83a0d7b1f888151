import { z } from 'zod'
import { Preferences } from './entities.ts'
import { AT, listOf } from './examples.ts'
import { id, list, page, text, time, timeInput } from './fields.ts'
import { op } from './kit.ts'

/** Devices of one user. One more removes the one that was registered longest ago. */
export const MAX_DEVICES = 25

/** `web`: a browser (Web Push). `fcm`: Firebase Cloud Messaging. `apns`: Apple Push Notification service. */
export const platform = z.enum(['web', 'fcm', 'apns'])
export type Platform = z.output<typeof platform>

export const Device = z
  .object({
    id,
    platform,
    device_id: z.string().nullable().meta({ description: 'the id that the client gave' }),
    created_at: time,
    last_used_at: time.meta({ description: 'when it was last registered' }),
  })
  .meta({ id: 'Device' })
export type Device = z.infer<typeof Device>

const DEVICE = '01939f9d-5600-7000-8000-0000000de01c'
const device = { id: DEVICE, platform: 'web', device_id: 'laptop', created_at: AT, last_used_at: AT } as const

const preferences = {
  level: 'mentions',
  muted_until: null,
  quiet_hours: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '22:00', to: '07:00', tz: 'Europe/Berlin' }],
  preview: false,
} as const

const subscription = z
  .strictObject({
    endpoint: z.string().min(1).max(2_048),
    expirationTime: z.number().nullish().meta({ description: 'not used' }),
    keys: z.strictObject({ p256dh: z.string().min(1).max(128), auth: z.string().min(1).max(64) }),
  })
  .meta({ description: 'of `web`: what `PushSubscription.toJSON()` gives' })

/** Bytes of a notice's title, body and data as JSON. Push services take little more. */
const MAX_NOTICE_BYTES = 2_500

const JOB = '01939f9d-7800-7000-8000-0000000000b1'
export const PushJob = z
  .object({
    job_id: id,
    status: z.enum(['running', 'done']),
    title: z.string(),
    accepted: z.int().meta({ description: 'users with a device that it goes to' }),
    skipped: z.int().meta({ description: 'users without a device, or who are not to be disturbed' }),
    delivered: z.int().meta({ description: 'devices whose push service has taken it' }),
    failed: z.int().meta({ description: 'devices that could not be reached' }),
    created_at: time,
  })
  .meta({ id: 'PushJob' })

const titleText = text(1, 100)
const bodyText = text(1, 1_000)
const noticeData = z.record(z.string().regex(/^[a-z][a-z0-9_]{0,63}$/), text(0, 500))

export const notifications = {
  'register-device': op({
    method: 'POST',
    path: '/notifications/register-device',
    allow: 'user',
    summary: 'Register this device for push notifications',
    description:
      'Clients call it at each start. The device belongs to the session and ends with it. A device of another user that is ' +
      'registered here no longer belongs to that user. The same token, or the same `device_id` with another token, is the same ' +
      'device (200).',
    input: z
      .strictObject({
        platform,
        token: z.string().min(1).max(4_096).optional().meta({ description: 'of `fcm` and `apns`' }),
        subscription: subscription.optional(),
        device_id: text(1, 128).optional().meta({ description: 'an id of the installation, of the client’s choice' }),
      })
      .refine(({ platform, subscription }) => (platform === 'web') === (subscription !== undefined), {
        path: ['subscription'],
        message: 'is needed for web and only there',
      })
      .refine(({ platform, token }) => (platform !== 'web') === (token !== undefined), {
        path: ['token'],
        message: 'is needed for fcm and apns and only there',
      })
      // What a refinement says no JSON Schema is made of.
      .meta({ oneOf: [{ required: ['subscription'] }, { required: ['token'] }] }),
    output: Device,
    status: [201, 200],
    errors: [],
    emits: [],
    example: {
      input: {
        platform: 'web',
        subscription: {
          endpoint: 'https://push.example.com/send/4711',
          keys: {
            p256dh: 'BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM',
            auth: 'tBHItJI5svbpez7KI4CCXg',
          },
        },
        device_id: 'laptop',
      },
      output: device,
    },
  }),
  devices: op({
    method: 'GET',
    path: '/notifications/devices',
    allow: 'user',
    summary: 'List your devices, ordered by id',
    input: z.strictObject({ ...page }),
    output: list(Device),
    status: [200],
    errors: [],
    emits: [],
    example: { input: {}, output: listOf(device) },
  }),
  'delete-device': op({
    method: 'DELETE',
    path: '/notifications/devices/{id}',
    allow: 'user',
    summary: 'Remove one of your devices',
    input: z.strictObject({ id }),
    output: null,
    status: [204],
    errors: ['not_found'],
    emits: [],
    example: { input: { id: DEVICE }, output: null },
  }),
  preferences: op({
    method: 'GET',
    path: '/notifications/preferences',
    allow: 'user',
    summary: 'Get what you are notified of',
    input: z.strictObject({}),
    output: Preferences,
    status: [200],
    errors: [],
    emits: [],
    example: { input: {}, output: preferences },
  }),
  'update-preferences': op({
    method: 'PUT',
    path: '/notifications/preferences',
    allow: 'user',
    summary: 'Change what you are notified of',
    description: '`quiet_hours` is the whole new list. During quiet hours, and until `muted_until`, nothing is pushed.',
    input: z.strictObject({
      level: Preferences.shape.level.optional(),
      muted_until: timeInput.nullish(),
      quiet_hours: Preferences.shape.quiet_hours.nullish(),
      preview: z.boolean().optional(),
    }),
    output: Preferences,
    status: [200],
    errors: [],
    emits: ['preferences.updated'],
    example: { input: { level: 'mentions', quiet_hours: preferences.quiet_hours }, output: preferences },
  }),
  'vapid-public-key': op({
    method: 'GET',
    path: '/notifications/vapid-public-key',
    allow: 'user',
    summary: 'Get the key with which a browser subscribes to Web Push',
    input: z.strictObject({}),
    output: z.object({ public_key: z.string().meta({ description: 'the `applicationServerKey`, base64url' }) }),
    status: [200],
    errors: [],
    emits: [],
    example: {
      input: {},
      output: {
        public_key: 'BDd3_hVL9fZi9Ybo2UUzA284WG5FZR30_95YeZJsiApwXKpNcF1rRPF3foIiBHXRdJI2Qhumhf6_LFTeZaNndIo',
      },
    },
  }),
  send: op({
    method: 'POST',
    path: '/notifications/send',
    allow: ['ADMIN'],
    summary: 'Push a notice to the devices of users',
    description:
      'Exactly one of `user_ids`, `conversation_id` (its members) and `all`. Users who have muted everything, chosen the level ' +
      '`none` or have quiet hours now are skipped. The answer comes when it is queued; the job says how it went.',
    input: z
      .strictObject({
        user_ids: z.array(id).min(1).max(1_000).optional(),
        conversation_id: id.optional(),
        all: z.literal(true).optional(),
        title: titleText,
        body: bodyText,
        data: noticeData.optional().meta({ description: 'for the app; `type` and `job_id` are set by the server' }),
      })
      .refine(
        ({ user_ids, conversation_id, all }) =>
          [user_ids, conversation_id, all].filter(given => given !== undefined).length === 1,
        { path: ['user_ids'], message: 'exactly one of user_ids, conversation_id and all is needed' },
      )
      .refine(
        ({ title, body, data }) =>
          new TextEncoder().encode(JSON.stringify({ title, body, data })).length <= MAX_NOTICE_BYTES,
        { path: ['body'], message: `title, body and data must be at most ${MAX_NOTICE_BYTES} bytes of JSON` },
      )
      // What a refinement says no JSON Schema is made of.
      .meta({ oneOf: [{ required: ['user_ids'] }, { required: ['conversation_id'] }, { required: ['all'] }] }),
    output: PushJob.pick({ job_id: true, accepted: true, skipped: true }),
    status: [202],
    errors: ['not_found'],
    emits: [],
    example: {
      input: { all: true, title: 'Maintenance', body: 'Parley restarts at 22:00.' },
      output: { job_id: JOB, accepted: 12, skipped: 3 },
    },
  }),
  job: op({
    method: 'GET',
    path: '/notifications/jobs/{job_id}',
    allow: ['ADMIN'],
    summary: 'Get how a notice went',
    description: 'A job is kept for 7 days.',
    input: z.strictObject({ job_id: id }),
    output: PushJob,
    status: [200],
    errors: ['not_found'],
    emits: [],
    example: {
      input: { job_id: JOB },
      output: {
        job_id: JOB,
        status: 'done',
        title: 'Maintenance',
        accepted: 12,
        skipped: 3,
        delivered: 14,
        failed: 1,
        created_at: AT,
      },
    },
  }),
} as const
