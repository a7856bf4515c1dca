#!/bin/sh
# Runs before every start of the server: makes the data directory if there is none, then brings the roles, their
# passwords and the databases to what the SQL files beside this one say. The image's own entrypoint does that at the
# first start only, and one that was killed halfway leaves a server without them for ever.
set -eu

# The files that the SQL reads: without one a role would have an empty password.
for password in $(sed -n 's/^\\set .*`cat \(.*\)`$/\1/p' /etc/postgres/*.sql); do
  if [ ! -s "$password" ]; then
    echo "$password: expected a role's password; see the ExternalSecret database/postgres" >&2
    exit 1
  fi
done

# A pod that was deleted by force may still be ending: two servers on one directory destroy it, and PostgreSQL's own lock
# does not see into another container. The server holds this one for as long as it lives.
exec 9>"$PGDATA.lock"
flock --timeout 120 9 || { echo "$PGDATA.lock: held by a server that still runs" >&2; exit 1; }

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  # Made beside and moved: a start that was killed halfway leaves nothing that looks finished.
  rm -rf "$PGDATA.new"
  initdb --pgdata="$PGDATA.new" --username=postgres --encoding=UTF8 --locale=C.UTF-8 --data-checksums \
    --auth-local=peer --auth-host=reject
  mv --no-target-directory "$PGDATA.new" "$PGDATA"
fi
# The server refuses a directory that its group may write to, which is what fsGroup makes of a restored volume.
chmod 0700 "$PGDATA"

# By the socket only: nobody else may connect until the roles are right. After a crash this is where recovery happens.
pg_ctl start --wait --timeout=600 --options="-c listen_addresses='' -c hba_file=/etc/postgres/pg_hba.conf"
trap 'pg_ctl stop --wait --mode=fast' EXIT
for file in /etc/postgres/*.sql; do
  psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username=postgres --dbname=postgres --file="$file"
done
