-- The one writer of every public count.

-- name: lock()$
-- One tally at a time, over all processes; ends with the transaction.
select pg_try_advisory_xact_lock(7065746974);

-- name: consume(most, within)
-- Consume the oldest lines of the queue into every number at once; what comes back is the subjects counted for the first
-- time, with the numbers they get, at least one row. Attempts stand in the hours alone: no public count, no revision
-- and nobody's page hangs on them. `within`: the upper ends of the times to confirm, in seconds, ascending.
with taken as (
    delete from tally_queue where id in (select id from tally_queue order by id limit :most)
    returning *
), public as (
    select * from taken where what <> 'attempts'
), totals as (
    insert into counts (statement_id, what, version, value)
    select statement_id, what, version, sum(delta) from public group by 1, 2, 3
    on conflict (statement_id, what, version) do update set value = counts.value + excluded.value
), hours as (
    insert into count_hours (statement_id, what, hour, value)
    select statement_id, what, date_trunc('hour', happened_at, 'UTC'), sum(delta) from taken group by 1, 2, 3
    on conflict (statement_id, what, hour) do update set value = count_hours.value + excluded.value
), areas as (
    insert into count_areas (statement_id, what, area, value)
    select statement_id, what, coalesce(area, ''), sum(delta) from public group by 1, 2, 3
    on conflict (statement_id, what, area) do update set value = count_areas.value + excluded.value
), sources as (
    insert into count_sources (statement_id, what, source, value)
    select statement_id, what, coalesce(source, ''), sum(delta) from public group by 1, 2, 3
    on conflict (statement_id, what, source) do update set value = count_sources.value + excluded.value
), times as (
    insert into confirm_times (statement_id, hour, within, value)
    select statement_id, date_trunc('hour', happened_at, 'UTC'),
           (:within::integer[])[least(width_bucket(waited, :within::integer[]) + 1, cardinality(:within::integer[]))],
           count(*)
    from taken where waited is not null group by 1, 2, 3
    on conflict (statement_id, hour, within) do update set value = confirm_times.value + excluded.value
), firsts as (
    select statement_id, what, subject_id,
           row_number() over (partition by statement_id order by id) as nth,
           count(*) over (partition by statement_id) as new
    from taken where what = 'people' and cause = 'confirm'
), tallied as (
    insert into tallies (statement_id, last_number, revision, counted_at)
    select t.statement_id, count(*) filter (where t.what = 'people' and t.cause = 'confirm'), 1, now()
    from public t group by 1
    on conflict (statement_id) do update
        set last_number = tallies.last_number + excluded.last_number,
            revision = tallies.revision + 1, counted_at = now()
    returning statement_id, last_number, revision
), told as (
    select pg_notify('petitions_counts', statement_id::text || ' ' || revision) from tallied
)
select t.statement_id, t.revision, f.what, f.subject_id, (t.last_number - f.new + f.nth)::integer as number,
       a.taken, (select count(*) from told)::integer as told
from (select count(*)::integer as taken from taken) a
left join tallied t on true
left join firsts f on f.statement_id = t.statement_id
order by t.statement_id, number;

-- name: public(statement_id)^
-- The public counts of a statement.
select * from public_counts where statement_id = :statement_id;

-- name: list_public(statement_ids)
-- The public counts of several statements.
select * from public_counts where statement_id = any (:statement_ids::uuid[]);

-- name: recount(statement_id, what)^
-- What the tally says (with what still waits in its queue) beside what the rows say, in one moment.
select coalesce((select sum(value) from counts where statement_id = :statement_id and what = :what), 0)::integer
     + coalesce((select sum(delta) from tally_queue where statement_id = :statement_id and what = :what), 0)::integer as counted,
       case :what when 'people' then (select count(*) from counting_signatures where statement_id = :statement_id)
                  else (select count(*) from counting_endorsements where statement_id = :statement_id) end::integer as found,
       coalesce((select sum(value) from count_hours where statement_id = :statement_id and what = :what), 0)::integer as hours,
       coalesce((select sum(value) from count_areas where statement_id = :statement_id and what = :what), 0)::integer as areas,
       coalesce((select sum(value) from count_sources where statement_id = :statement_id and what = :what), 0)::integer as sources,
       coalesce((select sum(value) from counts where statement_id = :statement_id and what = :what), 0)::integer as tallied;

-- name: list_statements()
-- Every statement that was ever counted, or should have been.
select statement_id from tallies union select statement_id from counting_endorsements;

-- name: report(statement_id, id, what, counted, found)!
-- Keep what a recount found.
insert into recounts (statement_id, id, what, counted, found) values (:statement_id, :id, :what, :counted, :found);

-- name: count_letters(overlap)!
-- The hours of letters that ended since this was done last, and the hour before it, as they stand in the outbox now. An
-- hour never has fewer than before: it can be done again, by two at once, and after the outbox has forgotten some.
insert into letter_hours (campaign_id, statement_id, hour, kind, state, value)
select o.campaign_id, o.statement_id, date_trunc('hour', o.ended_at, 'UTC') as hour, o.kind, o.state, count(*)
from outbox o
where o.state in ('sent', 'dropped', 'failed')
  and o.ended_at >= date_trunc('hour', coalesce((select max(hour) from letter_hours), '-infinity') - :overlap::interval, 'UTC')
  and exists (select from campaigns c where c.id = o.campaign_id)
group by 1, 2, 3, 4, 5
order by 1, 2, 3, 4, 5
on conflict (campaign_id, statement_id, hour, kind, state)
do update set value = greatest(letter_hours.value, excluded.value);
