-- What `petitions check` asks.

-- name: version()$
select current_setting('server_version_num')::integer;

-- name: now()$
select clock_timestamp();

-- name: is_guarded()$
-- Whether this role has no right to change the audit.
select not has_table_privilege('audit', 'update') and not has_table_privilege('audit', 'delete');
