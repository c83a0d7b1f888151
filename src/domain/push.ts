/** The server's key pair for Web Push (VAPID, RFC 8292), base64url: an uncompressed point and a scalar of P-256. */
export interface VapidKeys {
  public_key: string
  private_key: string
}
