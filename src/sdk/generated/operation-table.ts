// Generated from contracts/ by `bun run docs`. Do not edit.

/**
 * Every operation: name, method, path and flags. `a`: anyone may call it, without a token. `i`: its answer signs in.
 * `h`: over HTTP only. `s`: over the socket only. `l`: it answers a list. `n`: it answers nothing. Where the fields
 * outside the path are: `b` in a JSON body, `f` in a form with the file, `o` in the query, the body being bytes; else in the
 * query.
 */
export const OPERATIONS = `auth.register POST /auth/register aib
auth.login POST /auth/login aib
auth.refresh-token POST /auth/refresh-token aib
auth.logout POST /auth/logout nb
auth.sessions GET /auth/sessions l
auth.revoke-session DELETE /auth/sessions/{session_id} n
auth.password PUT /auth/password nb
auth.ws-ticket POST /auth/ws-ticket b
users.me GET /users/me
users.list GET /users l
users.create POST /users b
users.export GET /users/me/export
users.get GET /users/{user_id}
users.update PUT /users/{user_id} b
users.delete DELETE /users/{user_id} nb
conversations.create POST /conversations b
conversations.list GET /conversations l
conversations.inbox GET /users/me/conversations l
conversations.inbox-entry GET /users/me/conversations/{conversation_id}
conversations.get GET /conversations/{conversation_id}
conversations.update PUT /conversations/{conversation_id} b
conversations.delete DELETE /conversations/{conversation_id} n
conversations.read PUT /conversations/{conversation_id}/read b
conversations.unread PUT /conversations/{conversation_id}/unread b
conversations.membership PUT /conversations/{conversation_id}/me b
conversations.members GET /conversations/{conversation_id}/members l
conversations.receipts GET /conversations/{conversation_id}/receipts l
messages.send POST /conversations/{conversation_id}/messages b
messages.list GET /conversations/{conversation_id}/messages l
messages.pins GET /conversations/{conversation_id}/pins l
messages.get GET /messages/{message_id}
messages.update PUT /messages/{message_id} b
messages.delete DELETE /messages/{message_id} n
messages.history GET /messages/{message_id}/history l
messages.react POST /messages/{message_id}/react b
messages.unreact DELETE /messages/{message_id}/react n
messages.pin PUT /messages/{message_id}/pin b
messages.unpin DELETE /messages/{message_id}/pin n
contacts.add POST /contacts b
contacts.list GET /contacts l
contacts.remove DELETE /contacts/{contact_id} n
contacts.block PUT /contacts/{contact_id}/block b
contacts.unblock PUT /contacts/{contact_id}/unblock b
groups.create POST /groups b
groups.list GET /groups l
groups.get GET /groups/{conversation_id}
groups.update PUT /groups/{conversation_id} b
groups.delete DELETE /groups/{conversation_id} n
groups.join POST /groups/{conversation_id}/join b
groups.add-members POST /groups/{conversation_id}/members b
groups.update-member PUT /groups/{conversation_id}/members/{user_id} b
groups.remove-member DELETE /groups/{conversation_id}/members/{user_id} n
invites.create POST /groups/{conversation_id}/invites b
invites.list GET /groups/{conversation_id}/invites l
invites.revoke DELETE /groups/{conversation_id}/invites/{code} n
invites.preview GET /invites/{code}
invites.join POST /invites/{code}/join b
files.upload POST /upload hf
files.get GET /files/{file_id}
files.link GET /files/{file_id}/link
files.content GET /files/{file_id}/content ahn
files.delete DELETE /files/{file_id} n
notifications.register-device POST /notifications/register-device b
notifications.devices GET /notifications/devices l
notifications.delete-device DELETE /notifications/devices/{id} n
notifications.preferences GET /notifications/preferences
notifications.update-preferences PUT /notifications/preferences b
notifications.vapid-public-key GET /notifications/vapid-public-key
notifications.send POST /notifications/send b
notifications.job GET /notifications/jobs/{job_id}
search.messages GET /search/messages l
analytics.messages GET /analytics/messages
analytics.users GET /analytics/users
typing.start POST /conversations/{conversation_id}/typing nb
typing.stop DELETE /conversations/{conversation_id}/typing n
presence.set-status PUT /users/{user_id}/status b
presence.status GET /users/{user_id}/status
presence.list GET /presence
presence.subscribe GET /ws s
uploads.options OPTIONS /uploads ahn
uploads.create POST /uploads hno
uploads.status GET /uploads/{upload_id} hn
uploads.append PATCH /uploads/{upload_id} hno
uploads.terminate DELETE /uploads/{upload_id} hn`
