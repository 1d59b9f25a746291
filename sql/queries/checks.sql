-- What `petitions check` asks.

-- name: version()$
select current_setting('server_version_num')::integer;

-- name: now()$
select clock_timestamp();

-- name: is_guarded()$
-- Whether this role has no right to change the audit.
select not has_table_privilege('audit', 'update') and not has_table_privilege('audit', 'delete');

-- name: may_read()$
-- Whether this role may read the tables, or there are none yet: after a restore it has no rights before `migrate`.
select coalesce(has_table_privilege(to_regclass('migrations'), 'select'), true);

-- name: sees_letters()$
-- Whether names in other letters than Latin ones can be alike: pg_trgm knows letters by the database's LC_CTYPE.
select extensions.similarity('привет мир', 'привет миру') > 0.5;

-- name: identity()^
-- What tells this database from others, where its tables can be read. A standby has the same as its primary.
select (select value from facts where name = 'address key') as address_key, current_database() as name,
    pg_is_in_recovery() as follows,
    has_function_privilege('pg_control_system()', 'execute') as may_ask_system;

-- name: system()$
-- The same for a cluster and its standbys, another for every other cluster; not every host lets us ask.
select system_identifier from pg_control_system();

-- name: list_senders()
select slug, sender from campaigns where not demonstration order by slug;
