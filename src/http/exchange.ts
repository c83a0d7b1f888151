import type { Operation } from '../../contracts/kit.ts'
import type { HttpCall } from '../context.ts'
import type { BodyLimits } from './body.ts'
import { clientOf } from './client.ts'
import { openForm, type OpenedForm } from './form.ts'
import { preferredMedia } from './media.ts'
import { streamedBody } from './streamed-body.ts'

/** The HTTP side of one call of an operation with bytes. */
export class Exchange implements HttpCall {
  readonly headers: Headers
  readonly wants: string | null
  readonly body: ReadableStream<Uint8Array>
  #form: OpenedForm | null = null

  constructor(request: Request, { media = [] }: Operation, { body_seconds }: BodyLimits) {
    const client = clientOf(request)
    this.headers = request.headers
    this.wants = preferredMedia(request.headers.get('accept'), media)
    this.body = streamedBody(request, { body_seconds, onChunk: () => client.keepOpen() })
  }

  get form(): OpenedForm {
    if (!this.#form) throw new Error('the form is read by the gate')
    return this.#form
  }

  /** Opens the form, and gives the fields before its file. */
  async readForm(): Promise<Readonly<Record<string, string>>> {
    this.#form = await openForm(this.headers, this.body)
    return this.#form.fields
  }

  /** Stops reading what the handler has left of the body. */
  close(): void {
    if (this.#form) this.#form.close()
    else void this.body.cancel().catch(() => {})
  }
}
