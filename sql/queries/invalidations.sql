-- Signatures that a rule takes out of the count, and puts back when it is undone. The rule itself is read by the
-- database's function `ruled`.

-- name: preview(statement_id, rule)^
-- How many a rule is about, and how many of these count.
select count(*)::integer as found, (count(*) filter (where state = 'confirmed'))::integer as counted
from ruled(:statement_id, :rule);

-- name: list_sample(statement_id, rule, most)
-- Some of them, the newest first.
select id, number, name, email, answers ->> 'town' as town, source, confirmed_at, state
from ruled(:statement_id, :rule) order by id desc limit :most;

-- name: list_hours(statement_id, rule, most)
-- When they confirmed: the hours with the most.
select date_trunc('hour', confirmed_at) as hour, count(*)::integer as signatures
from ruled(:statement_id, :rule) group by 1 order by 2 desc, 1 limit :most;

-- name: begin(statement_id, id, actor, rule, reason, found)!
-- No row: the statement is anonymised, and the rule may hold what was erased.
insert into invalidations (statement_id, id, actor, rule, reason, found)
select id, :id, :actor, :rule, :reason, :found from statements
where id = :statement_id and anonymised_at is null for share;

-- name: undo(statement_id, id, actor)^
-- No row: it is undone already, or the statement is anonymised and nobody is left to put back.
update invalidations i set state = 'undoing', undone_by = :actor, undone_at = now(), ended_at = null
from statements s
where i.statement_id = :statement_id and i.id = :id and i.state in ('running', 'done')
  and s.id = i.statement_id and s.anonymised_at is null
returning i.id;

-- name: list_of_statement(statement_id)
-- All of them, the newest first.
select * from invalidations where statement_id = :statement_id order by created_at desc, id desc;

-- name: find(statement_id, id)^
select * from invalidations where statement_id = :statement_id and id = :id;

-- name: list_public(statement_id)
-- The corrections of the count that everybody sees: those that took anything out, the newest first.
select state, reason, counted, back, created_at, ended_at, undone_at from invalidations
where statement_id = :statement_id and counted > 0 order by created_at desc, id desc;

-- name: take()^
-- One that waits for its next batch, held by the caller's transaction; another worker takes another.
select i.*, s.campaign_id from invalidations i join statements s on s.id = i.statement_id
where i.state in ('running', 'undoing') order by i.created_at limit 1 for update of i skip locked;

-- name: take_out(statement_id, id, rule, reached, look, event_ids, letter_ids)^
-- The next batch: of the next `look` signatures in the order of their ids those that the rule is about. The rows are
-- taken in that order, so that nobody waits for each other in a circle; what was withdrawn or erased meanwhile stays so.
with ahead as (
    select id from signatures where statement_id = :statement_id and id > coalesce(:reached::uuid, '00000000-0000-0000-0000-000000000000')
    order by id limit :look
), last as (
    select id from ahead order by id desc limit 1
), picked as (
    select g.statement_id, g.id from ruled(:statement_id, :rule) g
    where g.id > coalesce(:reached::uuid, '00000000-0000-0000-0000-000000000000') and g.id <= (select id from last)
), taken as (
    select g.statement_id, g.id, g.state as was, g.version, g.answers, g.source, g.address_key, g.language
    from signatures g join picked p on p.statement_id = g.statement_id and p.id = g.id
    where g.state in ('confirmed', 'held') and g.erased_at is null
    order by g.id for update of g
), numbered as (
    select *, row_number() over () as nth from taken
), moved as (
    update signatures g set state = 'invalidated'
    from numbered n where g.statement_id = n.statement_id and g.id = n.id
    returning g.id
), kept as (
    insert into invalidated (statement_id, id, invalidation_id, was)
    select statement_id, id, :id, was from numbered
), counted as (
    insert into tally_queue (statement_id, what, delta, version, subject_id, area, source, cause)
    select statement_id, 'people', -1, version, id, area_of(answers), source, 'invalidate' from numbered where was = 'confirmed'
), noted as (
    insert into signature_events (statement_id, id, signature_id, act, actor, cause_id)
    select n.statement_id, (:event_ids::uuid[])[n.nth], n.id, 'invalidated', i.actor, i.id
    from numbered n join invalidations i on i.statement_id = :statement_id and i.id = :id
), letters as (
    insert into outbox (id, kind, priority, campaign_id, statement_id, subject_id, address_key, language)
    select (:letter_ids::uuid[])[n.nth], 'signature invalidated', 9, s.campaign_id, n.statement_id, n.id, n.address_key, n.language
    from numbered n join statements s on s.id = n.statement_id
), gone as (
    select (select count(*) from numbered)::integer as done,
           (select count(*) from numbered where was = 'confirmed')::integer as counted
)
update invalidations i
set reached = coalesce((select id from last), i.reached), done = i.done + gone.done, counted = i.counted + gone.counted,
    state = case when (select count(*) from ahead) < :look::integer then 'done' else 'running' end,
    ended_at = case when (select count(*) from ahead) < :look::integer then now() end
from gone where i.statement_id = :statement_id and i.id = :id and i.state = 'running'
returning i.state, gone.done;

-- name: put_back(statement_id, id, most, event_ids, letter_ids)^
-- The next batch of an undoing: each is what it was before. One that was erased meanwhile stays so.
with taken as (
    select o.statement_id, o.id, o.was from invalidated o
    where o.statement_id = :statement_id and o.invalidation_id = :id
    order by o.id limit :most for update of o
), cleared as (
    delete from invalidated o using taken t where o.statement_id = t.statement_id and o.id = t.id
), held as (
    select g.statement_id, g.id, t.was, g.version, g.answers, g.source, g.address_key, g.language
    from signatures g join taken t on t.statement_id = g.statement_id and t.id = g.id
    where g.state = 'invalidated' and g.erased_at is null
    order by g.id for update of g
), numbered as (
    select *, row_number() over () as nth from held
), moved as (
    update signatures g set state = n.was
    from numbered n where g.statement_id = n.statement_id and g.id = n.id
    returning g.id
), counted as (
    insert into tally_queue (statement_id, what, delta, version, subject_id, area, source, cause)
    select statement_id, 'people', 1, version, id, area_of(answers), source, 'reinstate' from numbered where was = 'confirmed'
), noted as (
    insert into signature_events (statement_id, id, signature_id, act, actor, cause_id)
    select n.statement_id, (:event_ids::uuid[])[n.nth], n.id, 'reinstated', i.undone_by, i.id
    from numbered n join invalidations i on i.statement_id = :statement_id and i.id = :id
), letters as (
    insert into outbox (id, kind, priority, campaign_id, statement_id, subject_id, address_key, language)
    select (:letter_ids::uuid[])[n.nth], 'signature reinstated', 9, s.campaign_id, n.statement_id, n.id, n.address_key, n.language
    from numbered n join statements s on s.id = n.statement_id
)
update invalidations i
set back = i.back + (select count(*) from numbered where was = 'confirmed')::integer,
    state = case when (select count(*) from taken) < :most::integer then 'undone' else 'undoing' end,
    ended_at = case when (select count(*) from taken) < :most::integer then now() end
where i.statement_id = :statement_id and i.id = :id and i.state = 'undoing'
returning i.state, (select count(*) from numbered)::integer as back;
