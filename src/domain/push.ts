import type { Platform } from '../../contracts/notifications.ts'

/** The server's key pair for Web Push (VAPID, RFC 8292), base64url: an uncompressed point and a scalar of P-256. */
export interface VapidKeys {
  public_key: string
  private_key: string
}

/** Where a push goes: what the platform's push service, or the browser, gave the app. */
export type PushTarget =
  | { readonly platform: 'web'; readonly endpoint: string; readonly p256dh: string; readonly auth: string }
  | { readonly platform: 'fcm' | 'apns'; readonly token: string }

export interface DeviceRecord {
  id: string
  user_id: string
  /** It gets pushes only while this session is active. */
  session_id: string
  platform: Platform
  /** The client's id of the installation. */
  device_id: string | null
  /** Names the target without holding it (`addressOf`). */
  address: string
  /** null once removed. */
  target: PushTarget | null
  created_at: string
  last_used_at: string
  expires_at: string
}

/** How far a device was pushed the messages of a conversation. */
export interface PushState {
  device_id: string
  conversation_id: string
  /** The greatest seq that was pushed. Never goes back. */
  pushed_seq: number
  /** The greatest seq whose notification the device may still show; 0 after it was told that they are read. */
  shown_seq: number
  expires_at: string
}

/** A text that an ADMIN sends to the devices of users. */
export interface NoticeRecord {
  id: string
  created_by: string
  title: string
  body: string
  data: Record<string, string>
  /** Users with a device, and those who get nothing. */
  accepted: number
  skipped: number
  /** Devices that it goes to. */
  devices: number
  created_at: string
  expires_at: string
}

/** Two targets with one address are one device: the keys of a subscription may change. */
export function addressOf(target: PushTarget): string {
  const place = target.platform === 'web' ? target.endpoint : target.token
  return new Bun.CryptoHasher('sha256').update(`${target.platform} ${place}`).digest('base64url')
}

/** What a device is once it is removed: its target is gone and its address is free. */
export function removedDevice(device: DeviceRecord): DeviceRecord {
  return { ...device, target: null, address: `removed:${device.id}` }
}
