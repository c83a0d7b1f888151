// Generated from contracts/ by `bun run docs`. Do not edit.

/**
 * Every operation below the name of its group: verb, method, path and flags. `a`: anyone may call it, without a token. `i`:
 * its answer signs in. `h`: over HTTP only. `s`: over the socket only. `l`: it answers a list. `n`: it answers
 * nothing. Where the fields outside the path are: `b` in a JSON body, `f` in a form with the file, `o` in the query, the
 * body being bytes; else in the query.
 */
export const OPERATIONS = `auth
register POST /auth/register aib
login POST /auth/login aib
exchange POST /auth/exchange aib
refresh-token POST /auth/refresh-token aib
logout POST /auth/logout nb
sessions GET /auth/sessions l
revoke-session DELETE /auth/sessions/{session_id} n
password PUT /auth/password nb
ws-ticket POST /auth/ws-ticket b
keys
create POST /api-keys b
list GET /api-keys l
get GET /api-keys/{key_id}
update PUT /api-keys/{key_id} b
rotate POST /api-keys/{key_id}/rotate b
delete DELETE /api-keys/{key_id} n
users
me GET /users/me
list GET /users l
create POST /users b
upsert PUT /users/external b
export GET /users/me/export
get GET /users/{user_id}
update PUT /users/{user_id} b
delete DELETE /users/{user_id} nb
conversations
create POST /conversations b
list GET /conversations l
inbox GET /users/me/conversations l
inbox-entry GET /users/me/conversations/{conversation_id}
get GET /conversations/{conversation_id}
update PUT /conversations/{conversation_id} b
delete DELETE /conversations/{conversation_id} n
read PUT /conversations/{conversation_id}/read b
unread PUT /conversations/{conversation_id}/unread b
membership PUT /conversations/{conversation_id}/me b
members GET /conversations/{conversation_id}/members l
receipts GET /conversations/{conversation_id}/receipts l
messages
send POST /conversations/{conversation_id}/messages b
list GET /conversations/{conversation_id}/messages l
pins GET /conversations/{conversation_id}/pins l
get GET /messages/{message_id}
update PUT /messages/{message_id} b
delete DELETE /messages/{message_id} n
history GET /messages/{message_id}/history l
react POST /messages/{message_id}/react b
unreact DELETE /messages/{message_id}/react n
pin PUT /messages/{message_id}/pin b
unpin DELETE /messages/{message_id}/pin n
contacts
add POST /contacts b
list GET /contacts l
remove DELETE /contacts/{contact_id} n
block PUT /contacts/{contact_id}/block b
unblock PUT /contacts/{contact_id}/unblock b
groups
create POST /groups b
list GET /groups l
get GET /groups/{conversation_id}
update PUT /groups/{conversation_id} b
delete DELETE /groups/{conversation_id} n
join POST /groups/{conversation_id}/join b
add-members POST /groups/{conversation_id}/members b
update-member PUT /groups/{conversation_id}/members/{user_id} b
remove-member DELETE /groups/{conversation_id}/members/{user_id} n
invites
create POST /groups/{conversation_id}/invites b
list GET /groups/{conversation_id}/invites l
revoke DELETE /groups/{conversation_id}/invites/{code} n
preview GET /invites/{code}
join POST /invites/{code}/join b
files
upload POST /upload hf
get GET /files/{file_id}
link GET /files/{file_id}/link
content GET /files/{file_id}/content ahn
delete DELETE /files/{file_id} n
notifications
register-device POST /notifications/register-device b
devices GET /notifications/devices l
delete-device DELETE /notifications/devices/{id} n
preferences GET /notifications/preferences
update-preferences PUT /notifications/preferences b
vapid-public-key GET /notifications/vapid-public-key
send POST /notifications/send b
job GET /notifications/jobs/{job_id}
search
messages GET /search/messages l
analytics
messages GET /analytics/messages
users GET /analytics/users
typing
start POST /conversations/{conversation_id}/typing nb
stop DELETE /conversations/{conversation_id}/typing n
presence
set-status PUT /users/{user_id}/status b
status GET /users/{user_id}/status
list GET /presence
subscribe GET /ws s
uploads
options OPTIONS /uploads ahn
create POST /uploads hno
status GET /uploads/{upload_id} hn
append PATCH /uploads/{upload_id} hno
terminate DELETE /uploads/{upload_id} hn
webhooks
create POST /webhooks b
list GET /webhooks l
get GET /webhooks/{webhook_id}
update PUT /webhooks/{webhook_id} b
delete DELETE /webhooks/{webhook_id} n
rotate POST /webhooks/{webhook_id}/rotate b
test POST /webhooks/{webhook_id}/test b
deliveries GET /webhooks/{webhook_id}/deliveries l
replay POST /webhooks/{webhook_id}/replay b`
