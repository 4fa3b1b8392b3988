-- Roles and databases of the platform and of Temporal. The image runs it once, while its data volume is empty.
-- For a server of your own: run it there with psql as its administrator, after changing the two paths.
-- psql reads the passwords itself: they appear in no command line and no environment.
\set platform_password `cat /run/secrets/platform_database_password`
\set temporal_password `cat /run/secrets/temporal_database_password`

-- Owns the tables and signs in for migrations only; roles.sql makes those that portal and workers sign in as.
CREATE ROLE platform LOGIN PASSWORD :'platform_password';
CREATE DATABASE platform OWNER platform;

CREATE ROLE temporal LOGIN PASSWORD :'temporal_password';
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;

-- Neither may look into the other's.
REVOKE CONNECT ON DATABASE platform, temporal, temporal_visibility FROM PUBLIC;
