-- name: keep(name, value)$
-- Keeps a fact unless it is known already; no row: it was.
insert into facts (name, value) values (:name, :value) on conflict (name) do nothing returning value;

-- name: find(name)$
select value from facts where name = :name;

-- name: has_schema()$
-- Whether migrations have ever run here.
select to_regclass('migrations') is not null;

-- name: list_migrations()
select name, checksum from migrations order by name;
