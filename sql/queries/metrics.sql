-- What /metrics tells (web/measured.py). Asked every few seconds, so it reads indexes and small tables: never
-- `signatures` or the ended letters as a whole.

-- name: list_waiting()
select kind, state, count(*) as letters,
    greatest(extract(epoch from now() - min(due_since)), 0)::double precision as oldest
from outbox where state in ('waiting', 'deferred') group by kind, state order by kind, state;

-- name: list_ended()
-- In the last hour.
select kind, state, count(*) as letters from outbox
where state in ('sent', 'dropped', 'failed') and ended_at > now() - interval '1 hour'
group by kind, state order by kind, state;

-- name: tally_lag()^
select count(*) as lines,
    coalesce(greatest(extract(epoch from now() - min(happened_at)), 0), 0)::double precision as oldest
from tally_queue;

-- name: list_counted()
select what, sum(value) as value from counts group by what;

-- name: list_recent()
-- In this clock hour and those before it, 2 or 24 in all: confirmed (from the hours that the tally keeps, so less
-- withdrawals), and attempts that nobody has confirmed yet. The hours are written out, so that their number is
-- known when it is planned.
select '2h' as within,
    (select coalesce(sum(h.value), 0) from tallies t
     cross join lateral (select sum(value) as value from count_hours
         where statement_id = t.statement_id and what = 'people'
           and hour >= date_trunc('hour', now(), 'UTC') - interval '1 hour') as h
     where t.counted_at >= now() - interval '2 hours')::integer as confirmed,
    (select count(*) from signatures where state = 'pending'
        and created_at >= date_trunc('hour', now(), 'UTC') - interval '1 hour')::integer as unconfirmed
union all
select '24h',
    (select coalesce(sum(h.value), 0) from tallies t
     cross join lateral (select sum(value) as value from count_hours
         where statement_id = t.statement_id and what = 'people'
           and hour >= date_trunc('hour', now(), 'UTC') - interval '23 hours') as h
     where t.counted_at >= now() - interval '24 hours')::integer,
    (select count(*) from signatures where state = 'pending'
        and created_at >= date_trunc('hour', now(), 'UTC') - interval '23 hours')::integer;

-- name: list_troubles()
-- What the operator was ever told of, and whether it lasts.
select name, over_at is null as lasts from troubles order by name;
