-- What signatories wrote: what the public sees of it, and the queue of those who judge it.

-- name: list_page(statement_id, most, skip)
-- What the public sees, what was approved last first.
select * from public_comments where statement_id = :statement_id
order by judged_at desc, id desc limit :most offset :skip;

-- name: count_public(statement_id)$
select count(*) from public_comments where statement_id = :statement_id;

-- name: list_waiting(statement_id, most, skip)
-- The queue, the oldest first: of those whose signature counts. In the words of now, which may be others in a moment.
select c.*, g.answers ->> 'comment' as words, g.name, g.display, g.number
from comments c join counting_signatures g on g.statement_id = c.statement_id and g.id = c.id
where c.statement_id = :statement_id and c.state = 'waiting'
order by c.came_at, c.id limit :most offset :skip;

-- name: list_judged(statement_id, state, most, skip)
-- What was judged, the latest first, whether or not its signature still counts; `signature_state` and `unlisted` say
-- why an approved one is not public (public_comments).
select c.*, g.answers ->> 'comment' as words, g.name, g.display, g.number, g.state as signature_state, g.unlisted
from comments c join signatures g on g.statement_id = c.statement_id and g.id = c.id
where c.statement_id = :statement_id and c.state = :state and c.state <> 'waiting'
order by c.judged_at desc, c.id desc limit :most offset :skip;

-- name: count_states(statement_id)^
-- How many stand in each state, as the lists have them.
select (select count(*) from comments c join counting_signatures g on g.statement_id = c.statement_id and g.id = c.id
        where c.statement_id = :statement_id and c.state = 'waiting') as waiting,
       (select count(*) from comments where statement_id = :statement_id and state = 'approved') as approved,
       (select count(*) from comments where statement_id = :statement_id and state = 'declined') as declined;

-- name: find_last(statement_id, actor)^
-- What somebody judged last, while they are likely to have noticed a slip.
select c.*, g.answers ->> 'comment' as words
from comments c join signatures g on g.statement_id = c.statement_id and g.id = c.id
where c.statement_id = :statement_id and c.actor = :actor and c.state <> 'waiting'
  and c.judged_at > now() - interval '10 minutes'
order by c.judged_at desc limit 1;

-- name: find(statement_id, id)^
select * from comments where statement_id = :statement_id and id = :id;

-- name: judge(statement_id, id, digest, was, state, actor)$
-- These very words, which stand as the organiser saw them; gives whether it did.
with judged as (
    update comments set state = :state, actor = :actor, judged_at = now()
    where statement_id = :statement_id and id = :id and digest = :digest and state = :was
    returning id
)
select exists (select from judged);

-- name: count_waiting(campaign_id)
-- How many wait, and since when, of each statement.
select c.statement_id, count(*)::integer as waiting, min(c.came_at) as since
from statements s
join comments c on c.statement_id = s.id and c.state = 'waiting'
join counting_signatures g on g.statement_id = c.statement_id and g.id = c.id
where s.campaign_id = :campaign_id
group by c.statement_id;
