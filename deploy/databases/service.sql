-- The roles and databases of one service: its owner migrates, its service role runs.
-- Read by psql (deploy/databases/init.sh) and by local.databases; each statement stands alone.
-- Tables are granted by the migrations: nobody but the owner may change an event.

CREATE ROLE :"owner" LOGIN PASSWORD :'owner_password';

CREATE ROLE :"service" LOGIN PASSWORD :'service_password';

CREATE DATABASE :"database" OWNER :"owner" ENCODING 'UTF8' TEMPLATE template0;

CREATE DATABASE :"keys" OWNER :"owner" ENCODING 'UTF8' TEMPLATE template0;

REVOKE ALL ON DATABASE :"database" FROM PUBLIC;

REVOKE ALL ON DATABASE :"keys" FROM PUBLIC;

GRANT CONNECT ON DATABASE :"database" TO :"service";

GRANT CONNECT ON DATABASE :"keys" TO :"service";
