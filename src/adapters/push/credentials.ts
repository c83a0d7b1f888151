import { readFile } from 'node:fs/promises'
import { importPKCS8 } from 'jose'
import webpush from 'web-push'
import type { VapidKeys } from '../../domain/push.ts'
import type { ServiceAccount } from './fcm.ts'

const FIELDS = ['project_id', 'client_email', 'private_key', 'token_uri'] as const

/** The service account's JSON file, as Google gives it. The error names what is wrong and no content. */
export async function readServiceAccount(file: string): Promise<ServiceAccount> {
  const content = parsed(await readFile(file, 'utf8'))
  if (!isServiceAccount(content)) throw new Error(`the service account needs ${FIELDS.join(', ')}`)
  await importPKCS8(content.private_key, 'RS256')
  return content
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The error quotes the text.
    throw new Error('the service account is not JSON')
  }
}

function isServiceAccount(content: unknown): content is ServiceAccount {
  if (typeof content !== 'object' || content === null) return false
  const fields = new Map<string, unknown>(Object.entries(content))
  return FIELDS.every(field => typeof fields.get(field) === 'string')
}

/** The signing key that Apple gives as a `.p8` file. */
export async function readApnsKey(file: string): Promise<string> {
  const key = await readFile(file, 'utf8')
  await importPKCS8(key, 'ES256')
  return key
}

/** A new key pair for Web Push. */
export function makeVapidKeys(): VapidKeys {
  const { publicKey: public_key, privateKey: private_key } = webpush.generateVAPIDKeys()
  return { public_key, private_key }
}
