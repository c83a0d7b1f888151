// Generated from contracts/ by `bun run docs`. Do not edit.
import type { ErrorCode, Problem } from './error-codes.ts'
import type { Operations } from './operations.ts'

type Input<N extends keyof Operations> = Operations[N]['input']
type Output<N extends keyof Operations> = Operations[N]['output']
/** A problem document with one of these codes. */
type Refused<C extends ErrorCode> = Problem & { code: C }

/** The tree of the REST API. */
export type Routes = {
  auth: {
    register: {
      post: {
        body: Input<'auth.register'>
        params: {}
        query: unknown
        headers: unknown
        response: {
          201: Output<'auth.register'>
          400: Refused<'malformed'>
          403: Refused<'origin_refused'>
          408: Refused<'request_timeout'>
          409: Refused<'email_taken' | 'username_taken'>
          413: Refused<'too_large'>
          415: Refused<'unsupported_media_type'>
          422: Refused<'validation_failed'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'busy' | 'unavailable'>
        }
      }
    }
    login: {
      post: {
        body: Input<'auth.login'>
        params: {}
        query: unknown
        headers: unknown
        response: {
          200: Output<'auth.login'>
          400: Refused<'malformed'>
          401: Refused<'invalid_credentials'>
          403: Refused<'account_disabled' | 'origin_refused'>
          408: Refused<'request_timeout'>
          413: Refused<'too_large'>
          415: Refused<'unsupported_media_type'>
          422: Refused<'validation_failed'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'busy' | 'unavailable'>
        }
      }
    }
    exchange: {
      post: {
        body: Input<'auth.exchange'>
        params: {}
        query: unknown
        headers: unknown
        response: {
          200: Output<'auth.exchange'>
          400: Refused<'malformed'>
          401: Refused<'invalid_user_token'>
          403: Refused<'account_disabled' | 'origin_refused'>
          404: Refused<'not_found'>
          408: Refused<'request_timeout'>
          409: Refused<'email_taken' | 'last_admin'>
          413: Refused<'too_large'>
          415: Refused<'unsupported_media_type'>
          422: Refused<'validation_failed'>
          500: Refused<'internal'>
          503: Refused<'busy' | 'unavailable'>
        }
      }
    }
    'refresh-token': {
      post: {
        body: Input<'auth.refresh-token'>
        params: {}
        query: unknown
        headers: unknown
        response: {
          200: Output<'auth.refresh-token'>
          400: Refused<'malformed'>
          401: Refused<'invalid_refresh_token'>
          403: Refused<'account_disabled' | 'origin_refused'>
          408: Refused<'request_timeout'>
          413: Refused<'too_large'>
          415: Refused<'unsupported_media_type'>
          422: Refused<'validation_failed'>
          500: Refused<'internal'>
          503: Refused<'unavailable'>
        }
      }
    }
    logout: {
      post: {
        body: Input<'auth.logout'>
        params: {}
        query: unknown
        headers: unknown
        response: {
          204: Output<'auth.logout'>
          400: Refused<'malformed'>
          401: Refused<'unauthenticated'>
          403: Refused<'act_as_refused' | 'origin_refused' | 'scope_missing'>
          408: Refused<'request_timeout'>
          413: Refused<'too_large'>
          415: Refused<'unsupported_media_type'>
          422: Refused<'validation_failed'>
          500: Refused<'internal'>
          503: Refused<'unavailable'>
        }
      }
    }
    sessions: {
      get: {
        body: unknown
        params: {}
        query: Input<'auth.sessions'>
        headers: unknown
        response: {
          200: Output<'auth.sessions'>
          400: Refused<'malformed'>
          401: Refused<'unauthenticated'>
          403: Refused<'act_as_refused' | 'scope_missing'>
          413: Refused<'too_large'>
          422: Refused<'validation_failed'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'unavailable'>
        }
      }
      ':session_id': {
        delete: {
          body: unknown
          params: { session_id: string }
          query: unknown
          headers: unknown
          response: {
            204: Output<'auth.revoke-session'>
            400: Refused<'malformed'>
            401: Refused<'unauthenticated'>
            403: Refused<'act_as_refused' | 'scope_missing'>
            404: Refused<'not_found'>
            413: Refused<'too_large'>
            422: Refused<'validation_failed'>
            429: Refused<'rate_limited'>
            500: Refused<'internal'>
            503: Refused<'unavailable'>
          }
        }
      }
    }
    password: {
      put: {
        body: Input<'auth.password'>
        params: {}
        query: unknown
        headers: unknown
        response: {
          204: Output<'auth.password'>
          400: Refused<'malformed'>
          401: Refused<'invalid_credentials' | 'unauthenticated'>
          403: Refused<'act_as_refused' | 'scope_missing'>
          408: Refused<'request_timeout'>
          413: Refused<'too_large'>
          415: Refused<'unsupported_media_type'>
          422: Refused<'validation_failed'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'busy' | 'unavailable'>
        }
      }
    }
    'ws-ticket': {
      post: {
        body: unknown
        params: {}
        query: unknown
        headers: unknown
        response: {
          201: Output<'auth.ws-ticket'>
          400: Refused<'malformed'>
          401: Refused<'unauthenticated'>
          403: Refused<'act_as_refused' | 'scope_missing'>
          408: Refused<'request_timeout'>
          413: Refused<'too_large'>
          415: Refused<'unsupported_media_type'>
          422: Refused<'validation_failed'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'unavailable'>
        }
      }
    }
  }
  'api-keys': {
    post: {
      body: Input<'keys.create'>
      params: {}
      query: unknown
      headers: unknown
      response: {
        201: Output<'keys.create'>
        400: Refused<'malformed'>
        401: Refused<'unauthenticated'>
        403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
        404: Refused<'not_found'>
        408: Refused<'request_timeout'>
        413: Refused<'too_large'>
        415: Refused<'unsupported_media_type'>
        422: Refused<'validation_failed'>
        429: Refused<'rate_limited'>
        500: Refused<'internal'>
        503: Refused<'busy' | 'unavailable'>
      }
    }
    get: {
      body: unknown
      params: {}
      query: Input<'keys.list'>
      headers: unknown
      response: {
        200: Output<'keys.list'>
        400: Refused<'malformed'>
        401: Refused<'unauthenticated'>
        403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
        413: Refused<'too_large'>
        422: Refused<'validation_failed'>
        429: Refused<'rate_limited'>
        500: Refused<'internal'>
        503: Refused<'unavailable'>
      }
    }
    ':key_id': {
      get: {
        body: unknown
        params: { key_id: string }
        query: unknown
        headers: unknown
        response: {
          200: Output<'keys.get'>
          400: Refused<'malformed'>
          401: Refused<'unauthenticated'>
          403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
          404: Refused<'not_found'>
          413: Refused<'too_large'>
          422: Refused<'validation_failed'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'unavailable'>
        }
      }
      put: {
        body: Omit<Input<'keys.update'>, 'key_id'>
        params: { key_id: string }
        query: unknown
        headers: unknown
        response: {
          200: Output<'keys.update'>
          400: Refused<'malformed'>
          401: Refused<'unauthenticated'>
          403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
          404: Refused<'not_found'>
          408: Refused<'request_timeout'>
          413: Refused<'too_large'>
          415: Refused<'unsupported_media_type'>
          422: Refused<'validation_failed'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'unavailable'>
        }
      }
      rotate: {
        post: {
          body: Omit<Input<'keys.rotate'>, 'key_id'>
          params: { key_id: string }
          query: unknown
          headers: unknown
          response: {
            200: Output<'keys.rotate'>
            400: Refused<'malformed'>
            401: Refused<'unauthenticated'>
            403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
            404: Refused<'not_found'>
            408: Refused<'request_timeout'>
            413: Refused<'too_large'>
            415: Refused<'unsupported_media_type'>
            422: Refused<'validation_failed'>
            429: Refused<'rate_limited'>
            500: Refused<'internal'>
            503: Refused<'unavailable'>
          }
        }
      }
      delete: {
        body: unknown
        params: { key_id: string }
        query: unknown
        headers: unknown
        response: {
          204: Output<'keys.delete'>
          400: Refused<'malformed'>
          401: Refused<'unauthenticated'>
          403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
          404: Refused<'not_found'>
          413: Refused<'too_large'>
          422: Refused<'validation_failed'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'unavailable'>
        }
      }
    }
  }
  users: {
    me: {
      get: {
        body: unknown
        params: {}
        query: unknown
        headers: unknown
        response: {
          200: Output<'users.me'>
          400: Refused<'malformed'>
          401: Refused<'unauthenticated'>
          403: Refused<'act_as_refused' | 'scope_missing'>
          413: Refused<'too_large'>
          422: Refused<'validation_failed'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'unavailable'>
        }
      }
      export: {
        get: {
          body: unknown
          params: {}
          query: Input<'users.export'>
          headers: unknown
          response: {
            200: Output<'users.export'>
            400: Refused<'malformed'>
            401: Refused<'unauthenticated'>
            403: Refused<'act_as_refused' | 'scope_missing'>
            413: Refused<'too_large'>
            422: Refused<'validation_failed'>
            429: Refused<'rate_limited'>
            500: Refused<'internal'>
            503: Refused<'unavailable'>
          }
        }
      }
      conversations: {
        get: {
          body: unknown
          params: {}
          query: Input<'conversations.inbox'>
          headers: unknown
          response: {
            200: Output<'conversations.inbox'>
            400: Refused<'malformed'>
            401: Refused<'unauthenticated'>
            403: Refused<'act_as_refused' | 'scope_missing'>
            413: Refused<'too_large'>
            422: Refused<'validation_failed'>
            429: Refused<'rate_limited'>
            500: Refused<'internal'>
            503: Refused<'unavailable'>
          }
        }
        ':conversation_id': {
          get: {
            body: unknown
            params: { conversation_id: string }
            query: unknown
            headers: unknown
            response: {
              200: Output<'conversations.inbox-entry'>
              400: Refused<'malformed'>
              401: Refused<'unauthenticated'>
              403: Refused<'act_as_refused' | 'scope_missing'>
              404: Refused<'not_found'>
              413: Refused<'too_large'>
              422: Refused<'validation_failed'>
              429: Refused<'rate_limited'>
              500: Refused<'internal'>
              503: Refused<'unavailable'>
            }
          }
        }
      }
    }
    get: {
      body: unknown
      params: {}
      query: Input<'users.list'>
      headers: unknown
      response: {
        200: Output<'users.list'>
        400: Refused<'malformed'>
        401: Refused<'unauthenticated'>
        403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
        413: Refused<'too_large'>
        422: Refused<'validation_failed'>
        429: Refused<'rate_limited'>
        500: Refused<'internal'>
        503: Refused<'unavailable'>
      }
    }
    post: {
      body: Input<'users.create'>
      params: {}
      query: unknown
      headers: unknown
      response: {
        201: Output<'users.create'>
        400: Refused<'malformed'>
        401: Refused<'unauthenticated'>
        403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
        408: Refused<'request_timeout'>
        409: Refused<'email_taken' | 'external_id_taken' | 'username_taken'>
        413: Refused<'too_large'>
        415: Refused<'unsupported_media_type'>
        422: Refused<'validation_failed'>
        429: Refused<'rate_limited'>
        500: Refused<'internal'>
        503: Refused<'busy' | 'unavailable'>
      }
    }
    external: {
      put: {
        body: Input<'users.upsert'>
        params: {}
        query: unknown
        headers: unknown
        response: {
          200: Output<'users.upsert'>
          400: Refused<'malformed'>
          401: Refused<'unauthenticated'>
          403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
          408: Refused<'request_timeout'>
          413: Refused<'too_large'>
          415: Refused<'unsupported_media_type'>
          422: Refused<'validation_failed'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'busy' | 'unavailable'>
        }
      }
    }
    ':user_id': {
      get: {
        body: unknown
        params: { user_id: string }
        query: unknown
        headers: unknown
        response: {
          200: Output<'users.get'>
          400: Refused<'malformed'>
          401: Refused<'unauthenticated'>
          403: Refused<'act_as_refused' | 'scope_missing'>
          404: Refused<'not_found'>
          413: Refused<'too_large'>
          422: Refused<'validation_failed'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'unavailable'>
        }
      }
      put: {
        body: Omit<Input<'users.update'>, 'user_id'>
        params: { user_id: string }
        query: unknown
        headers: unknown
        response: {
          200: Output<'users.update'>
          400: Refused<'malformed'>
          401: Refused<'unauthenticated'>
          403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
          404: Refused<'not_found'>
          408: Refused<'request_timeout'>
          409: Refused<'email_taken' | 'external_id_taken' | 'last_admin' | 'username_taken'>
          413: Refused<'too_large'>
          415: Refused<'unsupported_media_type'>
          422: Refused<'validation_failed'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'busy' | 'unavailable'>
        }
      }
      delete: {
        body: Omit<Input<'users.delete'>, 'user_id'>
        params: { user_id: string }
        query: unknown
        headers: unknown
        response: {
          204: Output<'users.delete'>
          400: Refused<'malformed'>
          401: Refused<'invalid_credentials' | 'unauthenticated'>
          403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
          404: Refused<'not_found'>
          408: Refused<'request_timeout'>
          409: Refused<'last_admin'>
          413: Refused<'too_large'>
          415: Refused<'unsupported_media_type'>
          422: Refused<'validation_failed'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'busy' | 'unavailable'>
        }
      }
      status: {
        put: {
          body: Omit<Input<'presence.set-status'>, 'user_id'>
          params: { user_id: string }
          query: unknown
          headers: unknown
          response: {
            200: Output<'presence.set-status'>
            400: Refused<'malformed'>
            401: Refused<'unauthenticated'>
            403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
            404: Refused<'not_found'>
            408: Refused<'request_timeout'>
            413: Refused<'too_large'>
            415: Refused<'unsupported_media_type'>
            422: Refused<'validation_failed'>
            429: Refused<'rate_limited'>
            500: Refused<'internal'>
            503: Refused<'unavailable'>
          }
        }
        get: {
          body: unknown
          params: { user_id: string }
          query: unknown
          headers: unknown
          response: {
            200: Output<'presence.status'>
            400: Refused<'malformed'>
            401: Refused<'unauthenticated'>
            403: Refused<'act_as_refused' | 'scope_missing'>
            404: Refused<'not_found'>
            413: Refused<'too_large'>
            422: Refused<'validation_failed'>
            429: Refused<'rate_limited'>
            500: Refused<'internal'>
            503: Refused<'unavailable'>
          }
        }
      }
    }
  }
  conversations: {
    post: {
      body: Input<'conversations.create'>
      params: {}
      query: unknown
      headers: unknown
      response: {
        201: Output<'conversations.create'>
        200: Output<'conversations.create'>
        400: Refused<'malformed'>
        401: Refused<'unauthenticated'>
        403: Refused<'act_as_refused' | 'cannot_message_user' | 'forbidden' | 'scope_missing' | 'user_blocked'>
        408: Refused<'request_timeout'>
        413: Refused<'too_large'>
        415: Refused<'unsupported_media_type'>
        422: Refused<'validation_failed'>
        429: Refused<'rate_limited'>
        500: Refused<'internal'>
        503: Refused<'busy' | 'unavailable'>
      }
    }
    get: {
      body: unknown
      params: {}
      query: Input<'conversations.list'>
      headers: unknown
      response: {
        200: Output<'conversations.list'>
        400: Refused<'malformed'>
        401: Refused<'unauthenticated'>
        403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
        413: Refused<'too_large'>
        422: Refused<'validation_failed'>
        429: Refused<'rate_limited'>
        500: Refused<'internal'>
        503: Refused<'unavailable'>
      }
    }
    ':conversation_id': {
      get: {
        body: unknown
        params: { conversation_id: string }
        query: unknown
        headers: unknown
        response: {
          200: Output<'conversations.get'>
          400: Refused<'malformed'>
          401: Refused<'unauthenticated'>
          403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
          404: Refused<'not_found'>
          413: Refused<'too_large'>
          422: Refused<'validation_failed'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'unavailable'>
        }
      }
      put: {
        body: Omit<Input<'conversations.update'>, 'conversation_id'>
        params: { conversation_id: string }
        query: unknown
        headers: unknown
        response: {
          200: Output<'conversations.update'>
          400: Refused<'malformed'>
          401: Refused<'unauthenticated'>
          403: Refused<'act_as_refused' | 'cannot_message_user' | 'forbidden' | 'scope_missing'>
          404: Refused<'not_found'>
          408: Refused<'request_timeout'>
          413: Refused<'too_large'>
          415: Refused<'unsupported_media_type'>
          422: Refused<'validation_failed'>
          423: Refused<'conversation_disabled'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'busy' | 'unavailable'>
        }
      }
      delete: {
        body: unknown
        params: { conversation_id: string }
        query: Omit<Input<'conversations.delete'>, 'conversation_id'>
        headers: unknown
        response: {
          204: Output<'conversations.delete'>
          400: Refused<'malformed'>
          401: Refused<'unauthenticated'>
          403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
          404: Refused<'not_found'>
          413: Refused<'too_large'>
          422: Refused<'validation_failed'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'busy' | 'unavailable'>
        }
      }
      read: {
        put: {
          body: Omit<Input<'conversations.read'>, 'conversation_id'>
          params: { conversation_id: string }
          query: unknown
          headers: unknown
          response: {
            200: Output<'conversations.read'>
            400: Refused<'malformed'>
            401: Refused<'unauthenticated'>
            403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
            404: Refused<'not_found'>
            408: Refused<'request_timeout'>
            413: Refused<'too_large'>
            415: Refused<'unsupported_media_type'>
            422: Refused<'validation_failed'>
            429: Refused<'rate_limited'>
            500: Refused<'internal'>
            503: Refused<'busy' | 'unavailable'>
          }
        }
      }
      unread: {
        put: {
          body: Omit<Input<'conversations.unread'>, 'conversation_id'>
          params: { conversation_id: string }
          query: unknown
          headers: unknown
          response: {
            200: Output<'conversations.unread'>
            400: Refused<'malformed'>
            401: Refused<'unauthenticated'>
            403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
            404: Refused<'not_found'>
            408: Refused<'request_timeout'>
            413: Refused<'too_large'>
            415: Refused<'unsupported_media_type'>
            422: Refused<'validation_failed'>
            429: Refused<'rate_limited'>
            500: Refused<'internal'>
            503: Refused<'busy' | 'unavailable'>
          }
        }
      }
      me: {
        put: {
          body: Omit<Input<'conversations.membership'>, 'conversation_id'>
          params: { conversation_id: string }
          query: unknown
          headers: unknown
          response: {
            200: Output<'conversations.membership'>
            400: Refused<'malformed'>
            401: Refused<'unauthenticated'>
            403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
            404: Refused<'not_found'>
            408: Refused<'request_timeout'>
            413: Refused<'too_large'>
            415: Refused<'unsupported_media_type'>
            422: Refused<'validation_failed'>
            429: Refused<'rate_limited'>
            500: Refused<'internal'>
            503: Refused<'busy' | 'unavailable'>
          }
        }
      }
      members: {
        get: {
          body: unknown
          params: { conversation_id: string }
          query: Omit<Input<'conversations.members'>, 'conversation_id'>
          headers: unknown
          response: {
            200: Output<'conversations.members'>
            400: Refused<'malformed'>
            401: Refused<'unauthenticated'>
            403: Refused<'act_as_refused' | 'scope_missing'>
            404: Refused<'not_found'>
            413: Refused<'too_large'>
            422: Refused<'validation_failed'>
            429: Refused<'rate_limited'>
            500: Refused<'internal'>
            503: Refused<'unavailable'>
          }
        }
      }
      receipts: {
        get: {
          body: unknown
          params: { conversation_id: string }
          query: Omit<Input<'conversations.receipts'>, 'conversation_id'>
          headers: unknown
          response: {
            200: Output<'conversations.receipts'>
            400: Refused<'malformed'>
            401: Refused<'unauthenticated'>
            403: Refused<'act_as_refused' | 'scope_missing'>
            404: Refused<'not_found'>
            413: Refused<'too_large'>
            422: Refused<'validation_failed'>
            429: Refused<'rate_limited'>
            500: Refused<'internal'>
            503: Refused<'unavailable'>
          }
        }
      }
      messages: {
        post: {
          body: Omit<Input<'messages.send'>, 'conversation_id'>
          params: { conversation_id: string }
          query: unknown
          headers: unknown
          response: {
            201: Output<'messages.send'>
            200: Output<'messages.send'>
            400: Refused<'malformed'>
            401: Refused<'unauthenticated'>
            403: Refused<
              | 'act_as_refused'
              | 'cannot_message_user'
              | 'forbidden'
              | 'scope_missing'
              | 'system_message'
              | 'user_blocked'
            >
            404: Refused<'not_found'>
            408: Refused<'request_timeout'>
            409: Refused<'client_id_reused'>
            413: Refused<'too_large'>
            415: Refused<'unsupported_media_type'>
            422: Refused<'validation_failed'>
            423: Refused<'conversation_disabled'>
            429: Refused<'rate_limited'>
            500: Refused<'internal'>
            503: Refused<'busy' | 'unavailable'>
          }
        }
        get: {
          body: unknown
          params: { conversation_id: string }
          query: Omit<Input<'messages.list'>, 'conversation_id'>
          headers: unknown
          response: {
            200: Output<'messages.list'>
            400: Refused<'malformed'>
            401: Refused<'unauthenticated'>
            403: Refused<'act_as_refused' | 'scope_missing'>
            404: Refused<'not_found'>
            413: Refused<'too_large'>
            422: Refused<'validation_failed'>
            429: Refused<'rate_limited'>
            500: Refused<'internal'>
            503: Refused<'unavailable'>
          }
        }
      }
      pins: {
        get: {
          body: unknown
          params: { conversation_id: string }
          query: Omit<Input<'messages.pins'>, 'conversation_id'>
          headers: unknown
          response: {
            200: Output<'messages.pins'>
            400: Refused<'malformed'>
            401: Refused<'unauthenticated'>
            403: Refused<'act_as_refused' | 'scope_missing'>
            404: Refused<'not_found'>
            413: Refused<'too_large'>
            422: Refused<'validation_failed'>
            429: Refused<'rate_limited'>
            500: Refused<'internal'>
            503: Refused<'unavailable'>
          }
        }
      }
      typing: {
        post: {
          body: unknown
          params: { conversation_id: string }
          query: unknown
          headers: unknown
          response: {
            204: Output<'typing.start'>
            400: Refused<'malformed'>
            401: Refused<'unauthenticated'>
            403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
            404: Refused<'not_found'>
            408: Refused<'request_timeout'>
            413: Refused<'too_large'>
            415: Refused<'unsupported_media_type'>
            422: Refused<'validation_failed'>
            423: Refused<'conversation_disabled'>
            429: Refused<'rate_limited'>
            500: Refused<'internal'>
            503: Refused<'busy' | 'unavailable'>
          }
        }
        delete: {
          body: unknown
          params: { conversation_id: string }
          query: unknown
          headers: unknown
          response: {
            204: Output<'typing.stop'>
            400: Refused<'malformed'>
            401: Refused<'unauthenticated'>
            403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
            404: Refused<'not_found'>
            413: Refused<'too_large'>
            422: Refused<'validation_failed'>
            429: Refused<'rate_limited'>
            500: Refused<'internal'>
            503: Refused<'busy' | 'unavailable'>
          }
        }
      }
    }
  }
  messages: {
    ':message_id': {
      get: {
        body: unknown
        params: { message_id: string }
        query: unknown
        headers: unknown
        response: {
          200: Output<'messages.get'>
          400: Refused<'malformed'>
          401: Refused<'unauthenticated'>
          403: Refused<'act_as_refused' | 'scope_missing'>
          404: Refused<'not_found'>
          413: Refused<'too_large'>
          422: Refused<'validation_failed'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'unavailable'>
        }
      }
      put: {
        body: Omit<Input<'messages.update'>, 'message_id'>
        params: { message_id: string }
        query: unknown
        headers: unknown
        response: {
          200: Output<'messages.update'>
          400: Refused<'malformed'>
          401: Refused<'unauthenticated'>
          403: Refused<
            'act_as_refused' | 'cannot_message_user' | 'forbidden' | 'scope_missing' | 'system_message' | 'user_blocked'
          >
          404: Refused<'not_found'>
          408: Refused<'request_timeout'>
          410: Refused<'gone'>
          413: Refused<'too_large'>
          415: Refused<'unsupported_media_type'>
          422: Refused<'validation_failed'>
          423: Refused<'conversation_disabled'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'busy' | 'unavailable'>
        }
      }
      delete: {
        body: unknown
        params: { message_id: string }
        query: unknown
        headers: unknown
        response: {
          204: Output<'messages.delete'>
          400: Refused<'malformed'>
          401: Refused<'unauthenticated'>
          403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing' | 'system_message'>
          404: Refused<'not_found'>
          413: Refused<'too_large'>
          422: Refused<'validation_failed'>
          423: Refused<'conversation_disabled'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'busy' | 'unavailable'>
        }
      }
      history: {
        get: {
          body: unknown
          params: { message_id: string }
          query: Omit<Input<'messages.history'>, 'message_id'>
          headers: unknown
          response: {
            200: Output<'messages.history'>
            400: Refused<'malformed'>
            401: Refused<'unauthenticated'>
            403: Refused<'act_as_refused' | 'scope_missing'>
            404: Refused<'not_found'>
            413: Refused<'too_large'>
            422: Refused<'validation_failed'>
            429: Refused<'rate_limited'>
            500: Refused<'internal'>
            503: Refused<'unavailable'>
          }
        }
      }
      react: {
        post: {
          body: Omit<Input<'messages.react'>, 'message_id'>
          params: { message_id: string }
          query: unknown
          headers: unknown
          response: {
            200: Output<'messages.react'>
            400: Refused<'malformed'>
            401: Refused<'unauthenticated'>
            403: Refused<
              | 'act_as_refused'
              | 'cannot_message_user'
              | 'forbidden'
              | 'scope_missing'
              | 'system_message'
              | 'user_blocked'
            >
            404: Refused<'not_found'>
            408: Refused<'request_timeout'>
            409: Refused<'too_many_reactions'>
            410: Refused<'gone'>
            413: Refused<'too_large'>
            415: Refused<'unsupported_media_type'>
            422: Refused<'validation_failed'>
            423: Refused<'conversation_disabled'>
            429: Refused<'rate_limited'>
            500: Refused<'internal'>
            503: Refused<'busy' | 'unavailable'>
          }
        }
        delete: {
          body: unknown
          params: { message_id: string }
          query: Omit<Input<'messages.unreact'>, 'message_id'>
          headers: unknown
          response: {
            204: Output<'messages.unreact'>
            400: Refused<'malformed'>
            401: Refused<'unauthenticated'>
            403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing' | 'system_message'>
            404: Refused<'not_found'>
            410: Refused<'gone'>
            413: Refused<'too_large'>
            422: Refused<'validation_failed'>
            423: Refused<'conversation_disabled'>
            429: Refused<'rate_limited'>
            500: Refused<'internal'>
            503: Refused<'busy' | 'unavailable'>
          }
        }
      }
      pin: {
        put: {
          body: unknown
          params: { message_id: string }
          query: unknown
          headers: unknown
          response: {
            200: Output<'messages.pin'>
            400: Refused<'malformed'>
            401: Refused<'unauthenticated'>
            403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing' | 'system_message'>
            404: Refused<'not_found'>
            408: Refused<'request_timeout'>
            410: Refused<'gone'>
            413: Refused<'too_large'>
            415: Refused<'unsupported_media_type'>
            422: Refused<'validation_failed'>
            423: Refused<'conversation_disabled'>
            429: Refused<'rate_limited'>
            500: Refused<'internal'>
            503: Refused<'busy' | 'unavailable'>
          }
        }
        delete: {
          body: unknown
          params: { message_id: string }
          query: unknown
          headers: unknown
          response: {
            204: Output<'messages.unpin'>
            400: Refused<'malformed'>
            401: Refused<'unauthenticated'>
            403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing' | 'system_message'>
            404: Refused<'not_found'>
            413: Refused<'too_large'>
            422: Refused<'validation_failed'>
            423: Refused<'conversation_disabled'>
            429: Refused<'rate_limited'>
            500: Refused<'internal'>
            503: Refused<'busy' | 'unavailable'>
          }
        }
      }
    }
  }
  contacts: {
    post: {
      body: Input<'contacts.add'>
      params: {}
      query: unknown
      headers: unknown
      response: {
        201: Output<'contacts.add'>
        200: Output<'contacts.add'>
        400: Refused<'malformed'>
        401: Refused<'unauthenticated'>
        403: Refused<'act_as_refused' | 'scope_missing'>
        404: Refused<'not_found'>
        408: Refused<'request_timeout'>
        413: Refused<'too_large'>
        415: Refused<'unsupported_media_type'>
        422: Refused<'validation_failed'>
        429: Refused<'rate_limited'>
        500: Refused<'internal'>
        503: Refused<'busy' | 'unavailable'>
      }
    }
    get: {
      body: unknown
      params: {}
      query: Input<'contacts.list'>
      headers: unknown
      response: {
        200: Output<'contacts.list'>
        400: Refused<'malformed'>
        401: Refused<'unauthenticated'>
        403: Refused<'act_as_refused' | 'scope_missing'>
        413: Refused<'too_large'>
        422: Refused<'validation_failed'>
        429: Refused<'rate_limited'>
        500: Refused<'internal'>
        503: Refused<'unavailable'>
      }
    }
    ':contact_id': {
      delete: {
        body: unknown
        params: { contact_id: string }
        query: unknown
        headers: unknown
        response: {
          204: Output<'contacts.remove'>
          400: Refused<'malformed'>
          401: Refused<'unauthenticated'>
          403: Refused<'act_as_refused' | 'scope_missing'>
          404: Refused<'not_found'>
          413: Refused<'too_large'>
          422: Refused<'validation_failed'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'busy' | 'unavailable'>
        }
      }
      block: {
        put: {
          body: unknown
          params: { contact_id: string }
          query: unknown
          headers: unknown
          response: {
            200: Output<'contacts.block'>
            400: Refused<'malformed'>
            401: Refused<'unauthenticated'>
            403: Refused<'act_as_refused' | 'scope_missing'>
            404: Refused<'not_found'>
            408: Refused<'request_timeout'>
            413: Refused<'too_large'>
            415: Refused<'unsupported_media_type'>
            422: Refused<'validation_failed'>
            429: Refused<'rate_limited'>
            500: Refused<'internal'>
            503: Refused<'busy' | 'unavailable'>
          }
        }
      }
      unblock: {
        put: {
          body: unknown
          params: { contact_id: string }
          query: unknown
          headers: unknown
          response: {
            200: Output<'contacts.unblock'>
            400: Refused<'malformed'>
            401: Refused<'unauthenticated'>
            403: Refused<'act_as_refused' | 'scope_missing'>
            404: Refused<'not_found'>
            408: Refused<'request_timeout'>
            413: Refused<'too_large'>
            415: Refused<'unsupported_media_type'>
            422: Refused<'validation_failed'>
            429: Refused<'rate_limited'>
            500: Refused<'internal'>
            503: Refused<'busy' | 'unavailable'>
          }
        }
      }
    }
  }
  groups: {
    post: {
      body: Input<'groups.create'>
      params: {}
      query: unknown
      headers: unknown
      response: {
        201: Output<'groups.create'>
        400: Refused<'malformed'>
        401: Refused<'unauthenticated'>
        403: Refused<'act_as_refused' | 'cannot_message_user' | 'forbidden' | 'scope_missing'>
        408: Refused<'request_timeout'>
        413: Refused<'too_large'>
        415: Refused<'unsupported_media_type'>
        422: Refused<'validation_failed'>
        429: Refused<'rate_limited'>
        500: Refused<'internal'>
        503: Refused<'busy' | 'unavailable'>
      }
    }
    get: {
      body: unknown
      params: {}
      query: Input<'groups.list'>
      headers: unknown
      response: {
        200: Output<'groups.list'>
        400: Refused<'malformed'>
        401: Refused<'unauthenticated'>
        403: Refused<'act_as_refused' | 'scope_missing'>
        413: Refused<'too_large'>
        422: Refused<'validation_failed'>
        429: Refused<'rate_limited'>
        500: Refused<'internal'>
        503: Refused<'unavailable'>
      }
    }
    ':conversation_id': {
      get: {
        body: unknown
        params: { conversation_id: string }
        query: unknown
        headers: unknown
        response: {
          200: Output<'groups.get'>
          400: Refused<'malformed'>
          401: Refused<'unauthenticated'>
          403: Refused<'act_as_refused' | 'scope_missing'>
          404: Refused<'not_found'>
          413: Refused<'too_large'>
          422: Refused<'validation_failed'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'unavailable'>
        }
      }
      put: {
        body: Omit<Input<'groups.update'>, 'conversation_id'>
        params: { conversation_id: string }
        query: unknown
        headers: unknown
        response: {
          200: Output<'groups.update'>
          400: Refused<'malformed'>
          401: Refused<'unauthenticated'>
          403: Refused<'act_as_refused' | 'cannot_message_user' | 'forbidden' | 'scope_missing'>
          404: Refused<'not_found'>
          408: Refused<'request_timeout'>
          413: Refused<'too_large'>
          415: Refused<'unsupported_media_type'>
          422: Refused<'validation_failed'>
          423: Refused<'conversation_disabled'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'busy' | 'unavailable'>
        }
      }
      delete: {
        body: unknown
        params: { conversation_id: string }
        query: Omit<Input<'groups.delete'>, 'conversation_id'>
        headers: unknown
        response: {
          204: Output<'groups.delete'>
          400: Refused<'malformed'>
          401: Refused<'unauthenticated'>
          403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
          404: Refused<'not_found'>
          413: Refused<'too_large'>
          422: Refused<'validation_failed'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'busy' | 'unavailable'>
        }
      }
      join: {
        post: {
          body: unknown
          params: { conversation_id: string }
          query: unknown
          headers: unknown
          response: {
            200: Output<'groups.join'>
            400: Refused<'malformed'>
            401: Refused<'unauthenticated'>
            403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
            404: Refused<'not_found'>
            408: Refused<'request_timeout'>
            413: Refused<'too_large'>
            415: Refused<'unsupported_media_type'>
            422: Refused<'validation_failed'>
            423: Refused<'conversation_disabled'>
            429: Refused<'rate_limited'>
            500: Refused<'internal'>
            503: Refused<'busy' | 'unavailable'>
          }
        }
      }
      members: {
        post: {
          body: Omit<Input<'groups.add-members'>, 'conversation_id'>
          params: { conversation_id: string }
          query: unknown
          headers: unknown
          response: {
            200: Output<'groups.add-members'>
            400: Refused<'malformed'>
            401: Refused<'unauthenticated'>
            403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
            404: Refused<'not_found'>
            408: Refused<'request_timeout'>
            413: Refused<'too_large'>
            415: Refused<'unsupported_media_type'>
            422: Refused<'validation_failed'>
            423: Refused<'conversation_disabled'>
            429: Refused<'rate_limited'>
            500: Refused<'internal'>
            503: Refused<'busy' | 'unavailable'>
          }
        }
        ':user_id': {
          put: {
            body: Omit<Input<'groups.update-member'>, 'conversation_id' | 'user_id'>
            params: { conversation_id: string; user_id: string }
            query: unknown
            headers: unknown
            response: {
              200: Output<'groups.update-member'>
              400: Refused<'malformed'>
              401: Refused<'unauthenticated'>
              403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
              404: Refused<'not_found'>
              408: Refused<'request_timeout'>
              409: Refused<'last_owner'>
              413: Refused<'too_large'>
              415: Refused<'unsupported_media_type'>
              422: Refused<'validation_failed'>
              423: Refused<'conversation_disabled'>
              429: Refused<'rate_limited'>
              500: Refused<'internal'>
              503: Refused<'busy' | 'unavailable'>
            }
          }
          delete: {
            body: unknown
            params: { conversation_id: string; user_id: string }
            query: unknown
            headers: unknown
            response: {
              204: Output<'groups.remove-member'>
              400: Refused<'malformed'>
              401: Refused<'unauthenticated'>
              403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
              404: Refused<'not_found'>
              413: Refused<'too_large'>
              422: Refused<'validation_failed'>
              423: Refused<'conversation_disabled'>
              429: Refused<'rate_limited'>
              500: Refused<'internal'>
              503: Refused<'busy' | 'unavailable'>
            }
          }
        }
      }
      invites: {
        post: {
          body: Omit<Input<'invites.create'>, 'conversation_id'>
          params: { conversation_id: string }
          query: unknown
          headers: unknown
          response: {
            201: Output<'invites.create'>
            400: Refused<'malformed'>
            401: Refused<'unauthenticated'>
            403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
            404: Refused<'not_found'>
            408: Refused<'request_timeout'>
            413: Refused<'too_large'>
            415: Refused<'unsupported_media_type'>
            422: Refused<'validation_failed'>
            423: Refused<'conversation_disabled'>
            429: Refused<'rate_limited'>
            500: Refused<'internal'>
            503: Refused<'unavailable'>
          }
        }
        get: {
          body: unknown
          params: { conversation_id: string }
          query: Omit<Input<'invites.list'>, 'conversation_id'>
          headers: unknown
          response: {
            200: Output<'invites.list'>
            400: Refused<'malformed'>
            401: Refused<'unauthenticated'>
            403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
            404: Refused<'not_found'>
            413: Refused<'too_large'>
            422: Refused<'validation_failed'>
            429: Refused<'rate_limited'>
            500: Refused<'internal'>
            503: Refused<'unavailable'>
          }
        }
        ':code': {
          delete: {
            body: unknown
            params: { conversation_id: string; code: string }
            query: unknown
            headers: unknown
            response: {
              204: Output<'invites.revoke'>
              400: Refused<'malformed'>
              401: Refused<'unauthenticated'>
              403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
              404: Refused<'not_found'>
              413: Refused<'too_large'>
              422: Refused<'validation_failed'>
              429: Refused<'rate_limited'>
              500: Refused<'internal'>
              503: Refused<'unavailable'>
            }
          }
        }
      }
    }
  }
  invites: {
    ':code': {
      get: {
        body: unknown
        params: { code: string }
        query: unknown
        headers: unknown
        response: {
          200: Output<'invites.preview'>
          400: Refused<'malformed'>
          401: Refused<'unauthenticated'>
          403: Refused<'act_as_refused' | 'scope_missing'>
          404: Refused<'not_found'>
          410: Refused<'gone'>
          413: Refused<'too_large'>
          422: Refused<'validation_failed'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'unavailable'>
        }
      }
      join: {
        post: {
          body: unknown
          params: { code: string }
          query: unknown
          headers: unknown
          response: {
            200: Output<'invites.join'>
            400: Refused<'malformed'>
            401: Refused<'unauthenticated'>
            403: Refused<'act_as_refused' | 'scope_missing'>
            404: Refused<'not_found'>
            408: Refused<'request_timeout'>
            410: Refused<'gone'>
            413: Refused<'too_large'>
            415: Refused<'unsupported_media_type'>
            422: Refused<'validation_failed'>
            423: Refused<'conversation_disabled'>
            429: Refused<'rate_limited'>
            500: Refused<'internal'>
            503: Refused<'busy' | 'unavailable'>
          }
        }
      }
    }
  }
  upload: {
    post: {
      body: Input<'files.upload'>
      params: {}
      query: unknown
      headers: unknown
      response: {
        201: Output<'files.upload'>
        400: Refused<'malformed'>
        401: Refused<'unauthenticated'>
        403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
        404: Refused<'not_found'>
        408: Refused<'request_timeout'>
        413: Refused<'too_large'>
        415: Refused<'unsupported_media_type'>
        422: Refused<'validation_failed'>
        423: Refused<'conversation_disabled'>
        429: Refused<'rate_limited'>
        500: Refused<'internal'>
        503: Refused<'unavailable'>
        507: Refused<'quota_exceeded'>
      }
    }
  }
  files: {
    ':file_id': {
      get: {
        body: unknown
        params: { file_id: string }
        query: Omit<Input<'files.get'>, 'file_id'>
        headers: unknown
        response: {
          200: Output<'files.get'>
          206: Output<'files.get'>
          304: Output<'files.get'>
          400: Refused<'malformed'>
          401: Refused<'unauthenticated'>
          403: Refused<'act_as_refused' | 'scope_missing'>
          404: Refused<'not_found'>
          413: Refused<'too_large'>
          416: Refused<'range_not_satisfiable'>
          422: Refused<'validation_failed'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'unavailable'>
        }
      }
      link: {
        get: {
          body: unknown
          params: { file_id: string }
          query: unknown
          headers: unknown
          response: {
            200: Output<'files.link'>
            400: Refused<'malformed'>
            401: Refused<'unauthenticated'>
            403: Refused<'act_as_refused' | 'scope_missing'>
            404: Refused<'not_found'>
            413: Refused<'too_large'>
            422: Refused<'validation_failed'>
            429: Refused<'rate_limited'>
            500: Refused<'internal'>
            503: Refused<'unavailable'>
          }
        }
      }
      content: {
        get: {
          body: unknown
          params: { file_id: string }
          query: Omit<Input<'files.content'>, 'file_id'>
          headers: unknown
          response: {
            200: Output<'files.content'>
            206: Output<'files.content'>
            304: Output<'files.content'>
            400: Refused<'malformed'>
            401: Refused<'unauthenticated'>
            404: Refused<'not_found'>
            413: Refused<'too_large'>
            416: Refused<'range_not_satisfiable'>
            422: Refused<'validation_failed'>
            500: Refused<'internal'>
            503: Refused<'unavailable'>
          }
        }
      }
      delete: {
        body: unknown
        params: { file_id: string }
        query: unknown
        headers: unknown
        response: {
          204: Output<'files.delete'>
          400: Refused<'malformed'>
          401: Refused<'unauthenticated'>
          403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
          404: Refused<'not_found'>
          409: Refused<'file_in_use'>
          413: Refused<'too_large'>
          422: Refused<'validation_failed'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'unavailable'>
        }
      }
    }
  }
  notifications: {
    'register-device': {
      post: {
        body: Input<'notifications.register-device'>
        params: {}
        query: unknown
        headers: unknown
        response: {
          201: Output<'notifications.register-device'>
          200: Output<'notifications.register-device'>
          400: Refused<'malformed'>
          401: Refused<'unauthenticated'>
          403: Refused<'act_as_refused' | 'scope_missing'>
          408: Refused<'request_timeout'>
          413: Refused<'too_large'>
          415: Refused<'unsupported_media_type'>
          422: Refused<'validation_failed'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'unavailable'>
        }
      }
    }
    devices: {
      get: {
        body: unknown
        params: {}
        query: Input<'notifications.devices'>
        headers: unknown
        response: {
          200: Output<'notifications.devices'>
          400: Refused<'malformed'>
          401: Refused<'unauthenticated'>
          403: Refused<'act_as_refused' | 'scope_missing'>
          413: Refused<'too_large'>
          422: Refused<'validation_failed'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'unavailable'>
        }
      }
      ':id': {
        delete: {
          body: unknown
          params: { id: string }
          query: unknown
          headers: unknown
          response: {
            204: Output<'notifications.delete-device'>
            400: Refused<'malformed'>
            401: Refused<'unauthenticated'>
            403: Refused<'act_as_refused' | 'scope_missing'>
            404: Refused<'not_found'>
            413: Refused<'too_large'>
            422: Refused<'validation_failed'>
            429: Refused<'rate_limited'>
            500: Refused<'internal'>
            503: Refused<'unavailable'>
          }
        }
      }
    }
    preferences: {
      get: {
        body: unknown
        params: {}
        query: unknown
        headers: unknown
        response: {
          200: Output<'notifications.preferences'>
          400: Refused<'malformed'>
          401: Refused<'unauthenticated'>
          403: Refused<'act_as_refused' | 'scope_missing'>
          413: Refused<'too_large'>
          422: Refused<'validation_failed'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'unavailable'>
        }
      }
      put: {
        body: Input<'notifications.update-preferences'>
        params: {}
        query: unknown
        headers: unknown
        response: {
          200: Output<'notifications.update-preferences'>
          400: Refused<'malformed'>
          401: Refused<'unauthenticated'>
          403: Refused<'act_as_refused' | 'scope_missing'>
          408: Refused<'request_timeout'>
          413: Refused<'too_large'>
          415: Refused<'unsupported_media_type'>
          422: Refused<'validation_failed'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'busy' | 'unavailable'>
        }
      }
    }
    'vapid-public-key': {
      get: {
        body: unknown
        params: {}
        query: unknown
        headers: unknown
        response: {
          200: Output<'notifications.vapid-public-key'>
          400: Refused<'malformed'>
          401: Refused<'unauthenticated'>
          403: Refused<'act_as_refused' | 'scope_missing'>
          413: Refused<'too_large'>
          422: Refused<'validation_failed'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'unavailable'>
        }
      }
    }
    send: {
      post: {
        body: Input<'notifications.send'>
        params: {}
        query: unknown
        headers: unknown
        response: {
          202: Output<'notifications.send'>
          400: Refused<'malformed'>
          401: Refused<'unauthenticated'>
          403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
          404: Refused<'not_found'>
          408: Refused<'request_timeout'>
          413: Refused<'too_large'>
          415: Refused<'unsupported_media_type'>
          422: Refused<'validation_failed'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'unavailable'>
        }
      }
    }
    jobs: {
      ':job_id': {
        get: {
          body: unknown
          params: { job_id: string }
          query: unknown
          headers: unknown
          response: {
            200: Output<'notifications.job'>
            400: Refused<'malformed'>
            401: Refused<'unauthenticated'>
            403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
            404: Refused<'not_found'>
            413: Refused<'too_large'>
            422: Refused<'validation_failed'>
            429: Refused<'rate_limited'>
            500: Refused<'internal'>
            503: Refused<'unavailable'>
          }
        }
      }
    }
  }
  search: {
    messages: {
      get: {
        body: unknown
        params: {}
        query: Input<'search.messages'>
        headers: unknown
        response: {
          200: Output<'search.messages'>
          400: Refused<'malformed'>
          401: Refused<'unauthenticated'>
          403: Refused<'act_as_refused' | 'scope_missing'>
          404: Refused<'not_found'>
          413: Refused<'too_large'>
          422: Refused<'validation_failed'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'unavailable'>
        }
      }
    }
  }
  analytics: {
    messages: {
      get: {
        body: unknown
        params: {}
        query: Input<'analytics.messages'>
        headers: unknown
        response: {
          200: Output<'analytics.messages'>
          400: Refused<'malformed'>
          401: Refused<'unauthenticated'>
          403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
          413: Refused<'too_large'>
          422: Refused<'validation_failed'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'unavailable'>
        }
      }
    }
    users: {
      get: {
        body: unknown
        params: {}
        query: Input<'analytics.users'>
        headers: unknown
        response: {
          200: Output<'analytics.users'>
          400: Refused<'malformed'>
          401: Refused<'unauthenticated'>
          403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
          413: Refused<'too_large'>
          422: Refused<'validation_failed'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'unavailable'>
        }
      }
    }
  }
  presence: {
    get: {
      body: unknown
      params: {}
      query: Input<'presence.list'>
      headers: unknown
      response: {
        200: Output<'presence.list'>
        400: Refused<'malformed'>
        401: Refused<'unauthenticated'>
        403: Refused<'act_as_refused' | 'scope_missing'>
        413: Refused<'too_large'>
        422: Refused<'validation_failed'>
        429: Refused<'rate_limited'>
        500: Refused<'internal'>
        503: Refused<'unavailable'>
      }
    }
  }
  uploads: {
    options: {
      body: unknown
      params: {}
      query: unknown
      headers: unknown
      response: {
        204: Output<'uploads.options'>
        400: Refused<'malformed'>
        413: Refused<'too_large'>
        422: Refused<'validation_failed'>
        429: Refused<'rate_limited'>
        500: Refused<'internal'>
        503: Refused<'unavailable'>
      }
    }
    post: {
      body: unknown
      params: {}
      query: unknown
      headers: unknown
      response: {
        201: Output<'uploads.create'>
        400: Refused<'malformed'>
        401: Refused<'unauthenticated'>
        403: Refused<'act_as_refused' | 'scope_missing'>
        404: Refused<'not_found'>
        408: Refused<'request_timeout'>
        409: Refused<'too_many_uploads' | 'wrong_offset'>
        412: Refused<'tus_version'>
        413: Refused<'too_large'>
        415: Refused<'unsupported_media_type'>
        422: Refused<'validation_failed'>
        429: Refused<'rate_limited'>
        500: Refused<'internal'>
        503: Refused<'busy' | 'unavailable'>
        507: Refused<'quota_exceeded'>
      }
    }
    ':upload_id': {
      get: {
        body: unknown
        params: { upload_id: string }
        query: unknown
        headers: unknown
        response: {
          200: Output<'uploads.status'>
          400: Refused<'malformed'>
          401: Refused<'unauthenticated'>
          403: Refused<'act_as_refused' | 'scope_missing'>
          404: Refused<'not_found'>
          412: Refused<'tus_version'>
          413: Refused<'too_large'>
          422: Refused<'validation_failed'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'busy' | 'unavailable'>
        }
      }
      patch: {
        body: unknown
        params: { upload_id: string }
        query: unknown
        headers: unknown
        response: {
          204: Output<'uploads.append'>
          400: Refused<'malformed'>
          401: Refused<'unauthenticated'>
          403: Refused<'act_as_refused' | 'scope_missing'>
          404: Refused<'not_found'>
          408: Refused<'request_timeout'>
          409: Refused<'wrong_offset'>
          412: Refused<'tus_version'>
          413: Refused<'too_large'>
          415: Refused<'unsupported_media_type'>
          422: Refused<'validation_failed'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'busy' | 'unavailable'>
        }
      }
      delete: {
        body: unknown
        params: { upload_id: string }
        query: unknown
        headers: unknown
        response: {
          204: Output<'uploads.terminate'>
          400: Refused<'malformed'>
          401: Refused<'unauthenticated'>
          403: Refused<'act_as_refused' | 'scope_missing'>
          404: Refused<'not_found'>
          412: Refused<'tus_version'>
          413: Refused<'too_large'>
          422: Refused<'validation_failed'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'busy' | 'unavailable'>
        }
      }
    }
  }
  webhooks: {
    post: {
      body: Input<'webhooks.create'>
      params: {}
      query: unknown
      headers: unknown
      response: {
        201: Output<'webhooks.create'>
        400: Refused<'malformed'>
        401: Refused<'unauthenticated'>
        403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
        404: Refused<'not_found'>
        408: Refused<'request_timeout'>
        413: Refused<'too_large'>
        415: Refused<'unsupported_media_type'>
        422: Refused<'validation_failed'>
        429: Refused<'rate_limited'>
        500: Refused<'internal'>
        503: Refused<'unavailable'>
      }
    }
    get: {
      body: unknown
      params: {}
      query: Input<'webhooks.list'>
      headers: unknown
      response: {
        200: Output<'webhooks.list'>
        400: Refused<'malformed'>
        401: Refused<'unauthenticated'>
        403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
        413: Refused<'too_large'>
        422: Refused<'validation_failed'>
        429: Refused<'rate_limited'>
        500: Refused<'internal'>
        503: Refused<'unavailable'>
      }
    }
    ':webhook_id': {
      get: {
        body: unknown
        params: { webhook_id: string }
        query: unknown
        headers: unknown
        response: {
          200: Output<'webhooks.get'>
          400: Refused<'malformed'>
          401: Refused<'unauthenticated'>
          403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
          404: Refused<'not_found'>
          413: Refused<'too_large'>
          422: Refused<'validation_failed'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'unavailable'>
        }
      }
      put: {
        body: Omit<Input<'webhooks.update'>, 'webhook_id'>
        params: { webhook_id: string }
        query: unknown
        headers: unknown
        response: {
          200: Output<'webhooks.update'>
          400: Refused<'malformed'>
          401: Refused<'unauthenticated'>
          403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
          404: Refused<'not_found'>
          408: Refused<'request_timeout'>
          413: Refused<'too_large'>
          415: Refused<'unsupported_media_type'>
          422: Refused<'validation_failed'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'unavailable'>
        }
      }
      delete: {
        body: unknown
        params: { webhook_id: string }
        query: unknown
        headers: unknown
        response: {
          204: Output<'webhooks.delete'>
          400: Refused<'malformed'>
          401: Refused<'unauthenticated'>
          403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
          404: Refused<'not_found'>
          413: Refused<'too_large'>
          422: Refused<'validation_failed'>
          429: Refused<'rate_limited'>
          500: Refused<'internal'>
          503: Refused<'unavailable'>
        }
      }
      rotate: {
        post: {
          body: Omit<Input<'webhooks.rotate'>, 'webhook_id'>
          params: { webhook_id: string }
          query: unknown
          headers: unknown
          response: {
            200: Output<'webhooks.rotate'>
            400: Refused<'malformed'>
            401: Refused<'unauthenticated'>
            403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
            404: Refused<'not_found'>
            408: Refused<'request_timeout'>
            413: Refused<'too_large'>
            415: Refused<'unsupported_media_type'>
            422: Refused<'validation_failed'>
            429: Refused<'rate_limited'>
            500: Refused<'internal'>
            503: Refused<'unavailable'>
          }
        }
      }
      test: {
        post: {
          body: unknown
          params: { webhook_id: string }
          query: unknown
          headers: unknown
          response: {
            200: Output<'webhooks.test'>
            400: Refused<'malformed'>
            401: Refused<'unauthenticated'>
            403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
            404: Refused<'not_found'>
            408: Refused<'request_timeout'>
            413: Refused<'too_large'>
            415: Refused<'unsupported_media_type'>
            422: Refused<'validation_failed'>
            429: Refused<'rate_limited'>
            500: Refused<'internal'>
            503: Refused<'unavailable'>
          }
        }
      }
      deliveries: {
        get: {
          body: unknown
          params: { webhook_id: string }
          query: Omit<Input<'webhooks.deliveries'>, 'webhook_id'>
          headers: unknown
          response: {
            200: Output<'webhooks.deliveries'>
            400: Refused<'malformed'>
            401: Refused<'unauthenticated'>
            403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
            404: Refused<'not_found'>
            413: Refused<'too_large'>
            422: Refused<'validation_failed'>
            429: Refused<'rate_limited'>
            500: Refused<'internal'>
            503: Refused<'unavailable'>
          }
        }
      }
      replay: {
        post: {
          body: Omit<Input<'webhooks.replay'>, 'webhook_id'>
          params: { webhook_id: string }
          query: unknown
          headers: unknown
          response: {
            200: Output<'webhooks.replay'>
            400: Refused<'malformed'>
            401: Refused<'unauthenticated'>
            403: Refused<'act_as_refused' | 'forbidden' | 'scope_missing'>
            404: Refused<'not_found'>
            408: Refused<'request_timeout'>
            413: Refused<'too_large'>
            415: Refused<'unsupported_media_type'>
            422: Refused<'validation_failed'>
            429: Refused<'rate_limited'>
            500: Refused<'internal'>
            503: Refused<'unavailable'>
          }
        }
      }
    }
  }
}
