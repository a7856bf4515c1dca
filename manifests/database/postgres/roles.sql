-- May be run again at any time. A failing statement must not carry the password into the log.
SET log_min_error_statement = 'panic';
\set airflow_password `cat /etc/postgres-secret/airflow-password`
\set nessie_password `cat /etc/postgres-secret/nessie-password`

SELECT 'CREATE ROLE airflow' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'airflow') \gexec
ALTER ROLE airflow WITH LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'airflow_password';

SELECT 'CREATE DATABASE airflow OWNER airflow' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'airflow') \gexec
REVOKE ALL ON DATABASE airflow FROM PUBLIC;

SELECT 'CREATE ROLE nessie' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'nessie') \gexec
ALTER ROLE nessie WITH LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'nessie_password';

SELECT 'CREATE DATABASE nessie OWNER nessie' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'nessie') \gexec
REVOKE ALL ON DATABASE nessie FROM PUBLIC;
