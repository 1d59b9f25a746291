-- The numbers of a statement for its organisers: from what the tally and the jobs keep by the hour, never from its signatures.

-- name: list_series(statement_id, since, unit, zone)
-- What happened since, by hours, or by days or weeks of a time zone: people and organisations (net), attempts, those who
-- confirmed, letters by how they ended. `hour` or `day` says which, the other is null.
select what, case when :unit = 'hour' then hour end as hour,
       case when :unit <> 'hour' then date_trunc(:unit, hour at time zone :zone)::date end as day,
       sum(value)::integer as value
from (
    select what, hour, value from count_hours where statement_id = :statement_id and hour >= :since
    union all
    select 'confirmed', hour, value from confirm_times where statement_id = :statement_id and hour >= :since
    union all
    select l.state, l.hour, l.value
    from letter_hours l join statements s on s.id = l.statement_id and s.campaign_id = l.campaign_id
    where l.statement_id = :statement_id and l.hour >= :since
) kept
group by 1, 2, 3;

-- name: list_before(statement_id, since)
-- The counts as they stood then.
select what, sum(value)::integer as value from count_hours
where statement_id = :statement_id and hour < :since and what <> 'attempts' group by 1;

-- name: find_first(statement_id)$
-- The first hour of which anything is known.
select min(hour) from count_hours where statement_id = :statement_id;

-- name: list_times(statement_id, since)
-- How many of those who confirmed since then took less than so many seconds, and no less than the step before.
select within, sum(value)::integer as value from confirm_times
where statement_id = :statement_id and hour >= :since
group by 1 order by 1;

-- name: list_sources(statement_id, least, most)
-- Where people came from, most first. Null: all those together that brought fewer than `least`, or stand behind the first
-- `most`; `several` of them.
with ranked as (
    select source, value, source <> '' and (value < :least or row_number() over (order by value desc, source) > :most) as few
    from count_sources where statement_id = :statement_id and what = 'people' and value > 0
)
select case when not few then source end as source, sum(value)::integer as value, count(*)::integer as several
from ranked group by 1 order by bool_or(few), 2 desc, 1;

-- name: list_areas(statement_id, least, most)
-- The same of postcode areas.
with ranked as (
    select area, value, area <> '' and (value < :least or row_number() over (order by value desc, area) > :most) as few
    from count_areas where statement_id = :statement_id and what = 'people' and value > 0
)
select case when not few then area end as area, sum(value)::integer as value, count(*)::integer as several
from ranked group by 1 order by bool_or(few), 2 desc, 1;

-- name: letters_waiting(statement_id, most)^
-- Its letters among the first `most` that wait on this site; `seen`: how many that were. `deferred`: over the letter cap.
select count(*) filter (where statement_id = :statement_id and state = 'waiting')::integer as waiting,
       count(*) filter (where statement_id = :statement_id and state = 'deferred')::integer as deferred,
       count(*)::integer as seen
from (
    select statement_id, state from outbox where state in ('waiting', 'deferred')
    order by priority, not_before limit :most
) first_ones;

-- name: count_apart(statement_id)^
-- Signatures that do not count now: held, and taken out by invalidations. Each by an index of its own.
select (select count(*) from signatures where statement_id = :statement_id and state = 'held')::integer as held,
       (select count(*) from signatures where statement_id = :statement_id and state = 'invalidated')::integer as invalidated;
