-- Signatures that move to a newer version of the text: organisers ask by letter, each signatory decides.

-- name: begin(statement_id, id, actor)^
-- Ask those who signed an earlier version to sign the newest. Done before, or broken off: it begins anew, for whoever
-- has no letter yet. No row: the statement is not open, it is running, or nobody signed an earlier one.
insert into reconsents (statement_id, id, version, actor, found)
select s.id, :id, s.version, :actor, sum(k.value)
from statements_now s join counts k on k.statement_id = s.id and k.what = 'people' and k.version < s.version
where s.id = :statement_id and s.is_open
group by s.id, s.version having sum(k.value) > 0
on conflict on constraint asked_once
do update set state = 'running', ended_at = null, last_id = default, found = greatest(reconsents.found, excluded.found + (
    select count(*) from reconsent_letters l
    where l.statement_id = excluded.statement_id and l.version = excluded.version and l.agreed_at is not null))
where reconsents.state <> 'running'
returning *;

-- name: break_off()!
-- Where the statement is not open any more, or has a newer version yet.
update reconsents r set state = 'broken off', ended_at = now()
from statements_now s
where r.state = 'running' and s.id = r.statement_id and (not s.is_open or s.version <> r.version);

-- name: list_running()
select statement_id, id from reconsents where state = 'running' order by created_at;

-- name: ask(statement_id, id, most, letter_ids)^
-- The next signatures without a letter, in the order of their ids; one to each that stands, signed an earlier version
-- and wants such letters, once. `letter_ids`: as many as `most`. No row: somebody else has come to the end of it.
with round as (
    select * from reconsents where statement_id = :statement_id and id = :id and state = 'running' for update
), batch as materialized (
    select g.statement_id, g.id, g.address_key, g.language, g.state, g.version, r.version as wanted, s.campaign_id
    from round r join statements s on s.id = r.statement_id
    join signatures g on g.statement_id = r.statement_id and g.id > r.last_id
    where not exists (select from reconsent_letters l
                      where l.statement_id = g.statement_id and l.id = g.id and l.version = r.version)
    order by g.id limit :most
), chosen as materialized (
    select b.*, row_number() over (order by b.id) as nth from batch b
    where b.state = 'confirmed' and b.version < b.wanted and b.address_key is not null
      and not exists (select from suppressions p where p.address_key = b.address_key
                      and (p.scope in ('bulk', 'forms') or p.campaign_id = b.campaign_id))
), asked as (
    insert into reconsent_letters (statement_id, id, version) select statement_id, id, wanted from chosen
    on conflict do nothing returning id
), letters as (
    insert into outbox (id, kind, priority, campaign_id, statement_id, subject_id, address_key, language, details)
    select (:letter_ids::uuid[])[c.nth], 'reconsent', 9, c.campaign_id, c.statement_id, c.id, c.address_key, c.language,
           jsonb_build_object('version', c.wanted)
    from chosen c join asked a on a.id = c.id
), seen as (
    select count(*) as rows, (array_agg(id order by id desc))[1] as last_id from batch
)
update reconsents r
set asked = r.asked + (select count(*) from asked), last_id = coalesce(seen.last_id, r.last_id),
    state = case when seen.rows < :most then 'done' else r.state end,
    ended_at = case when seen.rows < :most then now() end
from round, seen where r.statement_id = round.statement_id and r.id = round.id
returning (select count(*) from asked)::integer as asked, r.state;

-- name: count_waiting()$
-- Such letters that have not left yet.
select count(*) from outbox where priority = 9 and state in ('waiting', 'deferred') and kind = 'reconsent';

-- name: find(statement_id, id, version)^
-- A signature that was asked to sign that version, with what the letter's link may still do.
select g.*, l.agreed_at, s.version as newest, s.is_open,
       l.asked_at > now() - interval '14 days' as link_good
from reconsent_letters l
join signatures g on g.statement_id = l.statement_id and g.id = l.id
join statements_now s on s.id = g.statement_id
where l.statement_id = :statement_id and l.id = :id and l.version = :version;

-- name: sent(statement_id, id, version)!
-- The link's days begin when its letter leaves, however long it had to wait.
update reconsent_letters set asked_at = now()
where statement_id = :statement_id and id = :id and version = :version and agreed_at is null;

-- name: take(statement_id, id)^
-- Held by the caller's transaction. No row: erased, or never there.
select g.*, s.is_open from signatures g join statements_now s on s.id = g.statement_id
where g.statement_id = :statement_id and g.id = :id and g.erased_at is null
for update of g;

-- name: move(statement_id, id, from_version, to_version, event_id)$
-- A signature moves to the version its signatory has read, where that is the current one; gives whether it did.
with moved as (
    update signatures g set version = s.version
    from statements_now s
    where g.statement_id = :statement_id and g.id = :id and s.id = g.statement_id and s.is_open
      and g.state = 'confirmed' and g.version = :from_version::integer and s.version = :to_version::integer and g.version < s.version
    returning g.statement_id, g.id, g.answers, g.source
), counted as (
    insert into tally_queue (statement_id, what, delta, version, subject_id, area, source, cause)
    select statement_id, 'people', step.delta, step.version, id, area_of(answers), source, 'reconsent'
    from moved cross join (values (-1, :from_version::integer), (1, :to_version::integer)) as step (delta, version)
), noted as (
    insert into signature_events (statement_id, id, signature_id, act, from_version, to_version)
    select statement_id, :event_id, id, 'reconsented', :from_version, :to_version from moved
), answered as (
    update reconsent_letters l set agreed_at = now()
    from moved where l.statement_id = moved.statement_id and l.id = moved.id and l.version = :to_version
)
select exists (select from moved);

-- name: note(statement_id, id, signature_id, subject_key, text_id, via)!
-- The ledger's line. Not now(): as note_consents of my.sql.
insert into consents (statement_id, id, subject_id, subject_key, text_id, act, via, given_at)
values (:statement_id, :id, :signature_id, :subject_key, :text_id, 'given', :via, clock_timestamp());

-- name: list_of(statement_id)
-- How far each asking is; the newest first.
select r.*, (select count(*) from reconsent_letters l where l.statement_id = r.statement_id and l.version = r.version
             and l.agreed_at is not null) as agreed
from reconsents r where r.statement_id = :statement_id order by r.version desc;
