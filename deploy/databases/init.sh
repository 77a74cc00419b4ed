#!/bin/sh
# Run once by the PostgreSQL image on an empty data folder: roles and databases of the services.
set -eu
for service in registry meetings notifications; do
  upper=$(echo "$service" | tr '[:lower:]' '[:upper:]')
  psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 \
    --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    --set "owner=${service}_owner" --set "owner_password=$(printenv "${upper}_OWNER_PASSWORD")" \
    --set "service=${service}_service" --set "service_password=$(printenv "${upper}_SERVICE_PASSWORD")" \
    --set "database=$service" --set "keys=${service}_keys" \
    --file /databases/service.sql
done
