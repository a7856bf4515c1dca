-- Every version of every row that an ingest can have seen, kept by the test after each of its runs.
CREATE SCHEMA IF NOT EXISTS expected;
CREATE EXTENSION IF NOT EXISTS pgcrypto SCHEMA expected;

CREATE TABLE expected.versions (
  source text NOT NULL,
  key text NOT NULL,
  run int NOT NULL,
  -- As the source's own day: what has no cursor is dated by the run.
  partition date NOT NULL,
  is_gone boolean NOT NULL,
  -- Every value as PostgreSQL writes it as text; nulls left out, so that a column that came later changes no old row.
  line jsonb NOT NULL,
  PRIMARY KEY (source, key, run)
);

CREATE VIEW expected.newest AS
SELECT DISTINCT ON (source, key) *
FROM expected.versions
ORDER BY source, key, run DESC;

-- Takes note of what has changed in a table since the last run; with snapshot, of keys that are gone as well.
CREATE FUNCTION expected.observe(table_name text, keys text[], run int, day date, snapshot boolean) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  pairs text;
  key text;
BEGIN
  SELECT string_agg(format('%L, %I::text', column_name, column_name), ', ')
  INTO pairs
  FROM information_schema.columns
  WHERE table_schema = 'shop' AND columns.table_name = observe.table_name;
  SELECT string_agg(format('%I::text', k), ' || ''/'' || ') INTO key FROM unnest(keys) AS k;
  EXECUTE format(
    'INSERT INTO expected.versions
     SELECT %1$L, now_there.key, %2$s, %3$L, false, now_there.line
     FROM (SELECT %4$s AS key, jsonb_strip_nulls(jsonb_build_object(%5$s)) AS line FROM shop.%1$I) AS now_there
     LEFT JOIN expected.newest AS known ON known.source = %1$L AND known.key = now_there.key
     WHERE known.key IS NULL OR known.is_gone OR known.line <> now_there.line',
    table_name, run, day, key, pairs
  );
  IF snapshot THEN
    EXECUTE format(
      'INSERT INTO expected.versions
       SELECT %1$L, known.key, %2$s, %3$L, true, known.line
       FROM expected.newest AS known
       WHERE known.source = %1$L AND NOT known.is_gone
         AND NOT EXISTS (SELECT FROM shop.%1$I WHERE %4$s = known.key)',
      table_name, run, day, key
    );
  END IF;
END
$$;
