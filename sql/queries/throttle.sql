-- name: spend(nears, wides, near_gap, near_room, wide_gap, wide_room)$
-- Spend once for each pair of buckets, from both or from neither: 0 each, or the seconds to wait.
select spend(:nears::text[], :wides::text[], :near_gap, :near_room, :wide_gap, :wide_room);

-- name: purge()!
-- Full buckets say nothing. Locked rows are somebody's who is spending just now.
delete from throttle where bucket in (
    select bucket from throttle where full_at < now() for update skip locked
);
