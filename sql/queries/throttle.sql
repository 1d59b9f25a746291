-- name: spend(near, wide, near_gap, near_room, wide_gap, wide_room)$
-- GCRA (the generic cell rate algorithm): a bucket is the time when it will be full again. Spends from both
-- buckets or from neither: 0, or the seconds to wait; null: the wide bucket was missing and stands now, ask again.
-- The wide bucket is locked first: it lines up all who share it, so that neither is ever overdrawn.
with wide as materialized (
    select full_at from throttle where bucket = :wide for update
), asked as materialized (
    -- After the lock: the time spent waiting for it belongs to the past.
    select greatest(full_at, clock_timestamp()) as full_at, clock_timestamp() as at from wide
), made as (
    insert into throttle (bucket, full_at)
    select :wide, clock_timestamp() where not exists (select from wide)
    on conflict (bucket) do nothing
), near as (
    insert into throttle as t (bucket, full_at)
    select :near, at + :near_gap::interval from asked
    where full_at - at + :wide_gap::interval <= :wide_room::interval
    on conflict (bucket) do update set full_at = greatest(t.full_at, clock_timestamp()) + :near_gap::interval
    where greatest(t.full_at, clock_timestamp()) - clock_timestamp() + :near_gap::interval <= :near_room::interval
    returning bucket
), spent as (
    insert into throttle as t (bucket, full_at)
    select :wide, a.full_at + :wide_gap::interval from near, asked a
    on conflict (bucket) do update set full_at = excluded.full_at
)
select case when exists (select from near) then 0 else greatest(
    extract(epoch from a.full_at - a.at + :wide_gap::interval - :wide_room::interval),
    (select extract(epoch from t.full_at - a.at + :near_gap::interval - :near_room::interval)
     from throttle t where t.bucket = :near),
    0.001
)::float8 end
from asked a;

-- name: purge()!
-- Full buckets say nothing. Locked rows are somebody's who is spending just now.
delete from throttle where bucket in (
    select bucket from throttle where full_at < now() for update skip locked
);
