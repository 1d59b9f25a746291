-- Acts of organisers on one signature: hold and release, off the public list and on it again; and its whole story.
-- Each step happens once: `where state = …` decides, against withdrawing and erasing too.

-- name: hold(statement_id, id, event_id, actor, reason)^
-- Confirmed becomes held, and counts no more.
with moved as (
    update signatures set state = 'held'
    where statement_id = :statement_id and id = :id and state = 'confirmed' and erased_at is null
    returning statement_id, id, version, answers, source, address_key, language
), counted as (
    insert into tally_queue (statement_id, what, delta, version, subject_id, area, source, cause)
    select statement_id, 'people', -1, version, id, area_of(answers), source, 'hold' from moved
), noted as (
    insert into signature_events (statement_id, id, signature_id, act, actor, reason)
    select statement_id, :event_id, id, 'held', :actor, :reason from moved
)
select id, address_key, language from moved;

-- name: release(statement_id, id, event_id, actor, reason)^
-- Held becomes confirmed again, and counts.
with moved as (
    update signatures set state = 'confirmed'
    where statement_id = :statement_id and id = :id and state = 'held' and erased_at is null
    returning statement_id, id, version, answers, source, address_key, language
), counted as (
    insert into tally_queue (statement_id, what, delta, version, subject_id, area, source, cause)
    select statement_id, 'people', 1, version, id, area_of(answers), source, 'release' from moved
), noted as (
    insert into signature_events (statement_id, id, signature_id, act, actor, reason)
    select statement_id, :event_id, id, 'released', :actor, :reason from moved
)
select id, address_key, language from moved;

-- name: unlist(statement_id, id, event_id, actor, reason)^
-- Off the public list; what counts, counts still.
with moved as (
    update signatures set unlisted = true
    where statement_id = :statement_id and id = :id and not unlisted and erased_at is null
      and state in ('confirmed', 'held', 'invalidated')
    returning statement_id, id, address_key, language
), noted as (
    insert into signature_events (statement_id, id, signature_id, act, actor, reason)
    select statement_id, :event_id, id, 'unlisted', :actor, :reason from moved
)
select id, address_key, language from moved;

-- name: list_again(statement_id, id, event_id, actor, reason)^
-- On the public list again, where the person wants it.
with moved as (
    update signatures set unlisted = false
    where statement_id = :statement_id and id = :id and unlisted and erased_at is null
      and state in ('confirmed', 'held', 'invalidated')
    returning statement_id, id, address_key, language
), noted as (
    insert into signature_events (statement_id, id, signature_id, act, actor, reason)
    select statement_id, :event_id, id, 'listed', :actor, :reason from moved
)
select id, address_key, language from moved;

-- name: find(statement_id, id)^
-- One signature at the desk, with the reason of the invalidation that took it out.
select g.*, i.id as invalidation_id, i.reason as invalidation_reason, i.created_at as invalidated_at
from signatures g
left join invalidated o on o.statement_id = g.statement_id and o.id = g.id
left join invalidations i on i.statement_id = o.statement_id and i.id = o.invalidation_id
where g.statement_id = :statement_id and g.id = :id;

-- name: list_held(statement_id, most)
-- The queue of the held ones, the oldest first, with the last reason of each.
select g.id, g.number, g.name, g.email, g.answers ->> 'town' as town, g.answers ->> 'comment' as comment, g.source,
       g.confirmed_at, g.unlisted, e.reason, e.actor, e.happened_at as held_at
from signatures g
left join lateral (
    select * from signature_events e
    where e.statement_id = g.statement_id and e.signature_id = g.id and e.act = 'held'
    order by e.happened_at desc, e.id desc limit 1
) e on true
where g.statement_id = :statement_id and g.state = 'held' and g.erased_at is null
order by g.id limit :most;

-- name: count_held(statement_id)$
select count(*)::integer from signatures where statement_id = :statement_id and state = 'held' and erased_at is null;

-- name: list_letters(statement_id, id)
-- Letters about a signature: what kind, and what became of them. Nothing of what they said.
select kind, state, created_at, ended_at, decision from outbox
where subject_id = :id and statement_id = :statement_id order by created_at;

-- name: find_for_letter(statement_id, id, acts, posted_at)^
-- A signature with the act that its letter was posted with, at the same moment; no row: another of these acts has come
-- after it and has a letter of its own, or the signature stands no more.
select g.state, g.email, coalesce(nullif(e.reason, ''), i.reason, '') as reason
from signatures g
join lateral (
    select * from signature_events e
    where e.statement_id = g.statement_id and e.signature_id = g.id and e.act = any (:acts::text[])
    order by e.happened_at desc, e.id desc limit 1
) e on e.happened_at <= :posted_at
left join invalidations i on i.statement_id = g.statement_id and i.id = e.cause_id
where g.statement_id = :statement_id and g.id = :id and g.erased_at is null
  and g.state in ('confirmed', 'held', 'invalidated');
