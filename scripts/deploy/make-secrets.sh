#!/bin/sh
# Makes the secrets of the profile `full` (compose.yaml) in the folder `secrets` beside this file. Keeps those that exist.
# Only the owner may enter the folder. The files themselves are readable, because containers mount them as they are and each
# runs as another user.
set -eu
umask 077
cd "$(dirname "$0")"
mkdir -p secrets
cd secrets

random() { head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }

# The value is read from stdin. A file appears whole or not at all.
keep() {
  cat >"$1.new"
  if [ -s "$1" ]; then rm "$1.new"; else chmod 444 "$1.new" && mv "$1.new" "$1"; fi
}

for name in parley_secret admin_password mongodb_password mongodb_key redis_password meili_master_key s3_secret_key; do
  random | keep "$name"
done
echo "mongodb://parley:$(cat mongodb_password)@mongo:27017/parley?authSource=admin&replicaSet=rs0" | keep mongodb_url
echo "redis://parley:$(cat redis_password)@redis:6379" | keep redis_url
# Who has not signed in may only ask whether the server answers.
{
  echo 'user default on nopass resetkeys resetchannels -@all +ping'
  echo "user parley on >$(cat redis_password) ~* &* +@all"
} | keep redis_acl
