#!/bin/sh
# Runs before every start of the server: makes each bucket that is not there yet and gives it to its account. So the
# server is never up without its buckets, and an account that was renamed still owns its bucket.
set -eu

mkdir -p "$DATA"
versitygw --quiet --port 127.0.0.1:7070 --admin-port 127.0.0.1:7071 --iam-dir /etc/object-store posix "$DATA" &
server=$!
trap 'kill "$server" 2>/dev/null; wait "$server" || true' EXIT

export ADMIN_ENDPOINT_URL=http://127.0.0.1:7071
export ADMIN_ACCESS_KEY_ID="$ROOT_ACCESS_KEY_ID" ADMIN_SECRET_ACCESS_KEY="$ROOT_SECRET_ACCESS_KEY"
until versitygw admin list-buckets; do
  kill -0 "$server" # gone: its own message is the reason
  sleep 0.2
done

for bucket in airflow lakehouse; do
  owner=$(cat "/etc/object-store/owner-$bucket")
  if [ -d "$DATA/$bucket" ]; then
    versitygw admin change-bucket-owner --bucket "$bucket" --owner "$owner"
  else
    versitygw admin create-bucket --bucket "$bucket" --owner "$owner"
  fi
  echo "$bucket: ready"
done
