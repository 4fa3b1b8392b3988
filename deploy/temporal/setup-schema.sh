#!/bin/sh
# Brings both of Temporal's databases to the schema of this server version; repeating it changes nothing.
# The databases themselves are made by deploy/postgres/databases.sql, so that the role needs no right to.
set -eu

SQL_PASSWORD="$(cat /run/secrets/temporal_database_password)"
export SQL_PASSWORD

schema() {
  temporal-sql-tool --plugin postgres12 --endpoint "$POSTGRES_SEEDS" --port "$DB_PORT" --user "$POSTGRES_USER" \
    --database "$1" setup-schema --version 0.0
  temporal-sql-tool --plugin postgres12 --endpoint "$POSTGRES_SEEDS" --port "$DB_PORT" --user "$POSTGRES_USER" \
    --database "$1" update-schema --schema-dir "/etc/temporal/schema/postgresql/v12/$2/versioned"
}

schema "$DBNAME" temporal
schema "$VISIBILITY_DBNAME" visibility
echo "Temporal's schemas are up to date."
