-- The roles beside the tables' owner. The image runs it once, after databases.sql; an installation that has
-- none of them yet runs it by hand (docs/operations.md, "Roles of the database"). It may be repeated.
-- Row-level security holds `platform_app` to the companies of its transaction; `platform_jobs` sees all.
-- The names follow from the owner's, `platform`.
\set app_password `cat /run/secrets/platform_app_database_password`
\set jobs_password `cat /run/secrets/platform_jobs_database_password`

SELECT format('CREATE ROLE %I', name) FROM unnest(ARRAY['platform_app', 'platform_jobs']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec

ALTER ROLE platform_app LOGIN PASSWORD :'app_password';
ALTER ROLE platform_jobs LOGIN PASSWORD :'jobs_password';
-- Not inherited: it acts as one of them only when told to.
GRANT platform_app, platform_jobs TO platform WITH INHERIT FALSE, SET TRUE;
GRANT CONNECT, TEMPORARY ON DATABASE platform TO platform_app, platform_jobs;
