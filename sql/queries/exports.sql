-- The lists that organisers took: who, when, what, how many. Their bytes are nowhere kept.

-- name: hold()$
-- Nobody else begins one before this transaction ends, so that no two take the last place.
select pg_advisory_xact_lock(7065746975);

-- name: begin(statement_id, id, actor, list, format, fields, filters, most)^
-- No row: as many as may be are being made already, on the whole site.
insert into exports (statement_id, id, actor, list, format, fields, filters)
select :statement_id, :id, :actor, :list, :format, :fields, :filters
where (select count(*) from exports where state = 'running' and seen_at > now() - interval '1 minute') < :most::integer
returning id;

-- name: beat(statement_id, id, rows, bytes)!
-- It is still being made, and so far.
update exports set seen_at = now(), rows = :rows, bytes = :bytes
where statement_id = :statement_id and id = :id and state = 'running';

-- name: end(statement_id, id, state, rows, bytes)!
-- `last_number`: given until now, so no higher one can be in it.
update exports x
set state = :state, rows = coalesce(:rows, x.rows), bytes = :bytes, seen_at = now(), ended_at = now(),
    last_number = case when x.list in ('signatories', 'handover')
                       then coalesce((select t.last_number from tallies t where t.statement_id = x.statement_id), 0) end
where x.statement_id = :statement_id and x.id = :id;

-- name: list_of_statement(statement_id, most)
-- The newest first. Whose process is gone was broken off.
select id, actor, list, format, fields, filters, rows, bytes, started_at, ended_at,
       case when state = 'running' and seen_at < now() - interval '1 minute' then 'broken off' else state end as state
from exports where statement_id = :statement_id order by started_at desc, id desc limit :most;

-- name: find(statement_id, id)^
-- One that was taken of this statement.
select id, actor, list, format, fields, filters, rows, started_at from exports
where statement_id = :statement_id and id = :id;

-- name: list_sources(statement_id)
-- Where people came from, the most first: what a list can be narrowed to.
select source, value from count_sources
where statement_id = :statement_id and what = 'people' and value > 0 order by value desc, source limit 200;

-- name: list_areas(statement_id)
select area, value from count_areas
where statement_id = :statement_id and what = 'people' and value > 0 order by area;
