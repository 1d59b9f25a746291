-- name: keep(name, value)$
-- Keeps a fact unless it is known already; no row: it was.
insert into facts (name, value) values (:name, :value) on conflict (name) do nothing returning value;

-- name: find(name)$
select value from facts where name = :name;

-- name: note(name, value)!
-- Keeps a fact in the place of what was known.
insert into facts (name, value) values (:name, :value) on conflict (name) do update set value = excluded.value;

-- name: forget(name)!
delete from facts where name = :name;

-- name: has_schema()$
-- Whether migrations have ever run here, for this role: in a restored database they first give it its rights.
select coalesce(has_table_privilege(to_regclass('migrations'), 'select'), false);

-- name: list_migrations()
select name, checksum from migrations order by name;
