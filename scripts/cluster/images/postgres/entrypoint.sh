#!/bin/bash
# As the upstream image: before the server's first start it makes the data directory, the superuser, the database, and
# runs what lies in /docker-entrypoint-initdb.d. What the platform does not use of it is not here.
set -euo pipefail

# setting NAME DEFAULT: $NAME, else the content of the file $NAME_FILE, else the default
setting() {
  local file="${1}_FILE"
  if [ -n "${!1:-}" ] && [ -n "${!file:-}" ]; then
    echo "both $1 and $file are set: give one of them" >&2
    exit 1
  fi
  if [ -n "${!1:-}" ]; then printf '%s' "${!1}"; elif [ -n "${!file:-}" ]; then cat "${!file}"; else printf '%s' "$2"; fi
}

initialize() {
  local user password database
  user=$(setting POSTGRES_USER postgres)
  database=$(setting POSTGRES_DB "$user")
  password=$(setting POSTGRES_PASSWORD '')
  if [ -z "$password" ] && [ "${POSTGRES_HOST_AUTH_METHOD:-}" != trust ]; then
    echo "the database is not there yet and POSTGRES_PASSWORD (or POSTGRES_PASSWORD_FILE) is not set" >&2
    exit 1
  fi
  # shellcheck disable=SC2086  # several options in one variable, as upstream
  initdb --username="$user" --pwfile=<(printf '%s\n' "$password") ${POSTGRES_INITDB_ARGS:-}
  printf '\nhost all all all %s\n' "${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" >> "$PGDATA/pg_hba.conf"

  # By the socket only: nobody else sees a database that is half made.
  export PGUSER=$user PGPASSWORD=$password
  pg_ctl start --wait --options="-c listen_addresses=''"
  if [ "$database" != postgres ]; then createdb --maintenance-db=postgres "$database"; fi
  export PGDATABASE=$database POSTGRES_USER=$user POSTGRES_DB=$database
  for file in /docker-entrypoint-initdb.d/*; do
    case "$file" in
      *.sh) if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
      *.sql) psql --no-psqlrc --set=ON_ERROR_STOP=1 --file="$file" ;;
      *.sql.gz) gunzip --stdout "$file" | psql --no-psqlrc --set=ON_ERROR_STOP=1 ;;
    esac
  done
  pg_ctl stop --wait --mode=fast
  unset PGUSER PGPASSWORD PGDATABASE
}

case "${1:-}" in -*) set -- postgres "$@" ;; esac
if [ "${1:-}" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
  mkdir -p "$PGDATA"
  chmod 0700 "$PGDATA"
  initialize
fi
exec "$@"
