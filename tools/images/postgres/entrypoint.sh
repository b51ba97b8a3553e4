#!/bin/sh
# The first start makes the cluster, user and database that POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB and PGDATA name.
set -eu
: "${POSTGRES_PASSWORD:?set POSTGRES_PASSWORD}" "${PGDATA:?set PGDATA}"
user="${POSTGRES_USER:-postgres}"
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    umask 077
    password_file="$(mktemp)"
    printf '%s' "$POSTGRES_PASSWORD" >"$password_file"
    initdb --username="$user" --pwfile="$password_file" --auth-host=scram-sha-256 --auth-local=trust --encoding=UTF8 >/dev/null
    rm "$password_file"
    printf 'host all all all scram-sha-256\n' >>"$PGDATA/pg_hba.conf"
    printf 'CREATE DATABASE "%s" OWNER "%s";\n' "${POSTGRES_DB:-$user}" "$user" | postgres --single -j postgres >/dev/null
fi
exec "$@" -c listen_addresses='*' -c unix_socket_directories=/tmp
