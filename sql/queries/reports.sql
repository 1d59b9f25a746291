-- "Report this": what is reported, the queue, and what is forgotten.

-- name: find_name(statement_id, number)^
-- A name on the public list.
select * from public_signatories where statement_id = :statement_id and number = :number;

-- name: find_comment(statement_id, mark)^
select * from public_comments where statement_id = :statement_id and mark = :mark;

-- name: find_endorsement(statement_id, organisation_id)^
select * from public_endorsements where statement_id = :statement_id and organisation_id = :organisation_id;

-- name: add(statement_id, id, subject, subject_id, reason, words, language, address_key, email)!
-- The same while it waits is one (one_waiting_report).
insert into reports (statement_id, id, subject, subject_id, reason, words, language, address_key, email)
values (:statement_id, :id, :subject, :subject_id, :reason, :words, :language, :address_key, :email)
on conflict do nothing;

-- name: find(statement_id, id)^
-- One report, and until when its reply is held back.
select *, ended_at + interval '10 minutes' as held_until, ended_at + interval '10 minutes' > now() as is_held
from reports where statement_id = :statement_id and id = :id;

-- name: list_page(statement_id, waiting, most, skip)
-- With what is reported as it is now: those that wait, the oldest first, or those that have ended, the latest first.
-- `can_undo`: as put_back judges it, but for a letter that is just leaving.
select r.*, g.name, g.state as signature_state, g.unlisted, g.display, g.number,
       g.answers ->> 'comment' as comment, c.state as comment_state, c.digest,
       e.state as endorsement_state, coalesce(o.name, e.name) as body,
       r.told_at is null and r.ended_at > now() - interval '30 days' as can_undo
from reports r
left join signatures g on r.subject in ('name', 'comment') and g.statement_id = r.statement_id and g.id = r.subject_id
left join comments c on r.subject = 'comment' and c.statement_id = r.statement_id and c.id = r.subject_id
left join endorsements e on r.subject = 'endorsement' and e.statement_id = r.statement_id and e.id = r.subject_id
left join organisations o on o.id = e.organisation_id
where r.statement_id = :statement_id and (r.state = 'waiting') = :waiting
order by r.ended_at desc nulls last, r.created_at, r.id limit :most offset :skip;

-- name: count_states(statement_id)^
select count(*) filter (where state = 'waiting') as waiting, count(*) filter (where state <> 'waiting') as ended
from reports where statement_id = :statement_id;

-- name: end(statement_id, id, state, reply, actor)^
update reports set state = :state, reply = :reply, actor = :actor, ended_at = now()
where statement_id = :statement_id and id = :id and state = 'waiting'
returning id, subject, email, address_key, language;

-- name: put_back(statement_id, id)$
-- Waiting again while no reply has gone, which stays as a draft: the letter that waits is deleted; one that is just
-- leaving is not, and then nothing changes. Gives whether it did. one_waiting_report refuses where the same was reported again.
with letter as (
    delete from outbox where id in (
        select id from outbox
        where subject_id = :id and statement_id = :statement_id and kind = 'report answered'
          and state in ('waiting', 'deferred') and (claimed_until is null or claimed_until <= now())
        for update)
    returning id
), back as (
    update reports set state = 'waiting', actor = '', ended_at = null
    where statement_id = :statement_id and id = :id and state <> 'waiting'
      and told_at is null and ended_at > now() - interval '30 days'
      and (select count(*) from letter) = (
          select count(*) from outbox
          where subject_id = :id and statement_id = :statement_id and kind = 'report answered'
            and state in ('waiting', 'deferred'))
    returning id
)
select exists (select from back);

-- name: told(statement_id, id)!
-- The reply's letter was handed over.
update reports set told_at = now() where statement_id = :statement_id and id = :id;

-- name: end_erased()!
-- What is about a signature, comment or endorsement that is no more.
update reports r set state = 'done', actor = 'job', ended_at = now()
where r.state = 'waiting' and r.subject <> 'statement' and not exists (
    select from signatures g where r.subject = 'name'
      and g.statement_id = r.statement_id and g.id = r.subject_id and g.erased_at is null
    union all
    select from comments c where r.subject = 'comment' and c.statement_id = r.statement_id and c.id = r.subject_id
    union all
    select from endorsements e where r.subject = 'endorsement'
      and e.statement_id = r.statement_id and e.id = r.subject_id);

-- name: forget()!
-- Addresses, 30 days after the end; once a statement is anonymised, whatever people wrote about it until then, and a
-- report that still waits is over.
with old as (
    select r.statement_id, r.id, s.anonymised_at is not null as over
    from reports r join statements s on s.id = r.statement_id
    where r.email is not null and r.ended_at < now() - interval '30 days'
       or s.anonymised_at is not null and (r.email is not null or r.words <> '' or r.reply <> '' or r.state = 'waiting')
          and (r.created_at <= s.anonymised_at or r.ended_at < now() - interval '30 days')
)
update reports r
set email = null, address_key = null,
    words = case when old.over then '' else r.words end,
    reply = case when old.over then '' else r.reply end,
    state = case when r.state = 'waiting' and old.over then 'done' else r.state end,
    actor = case when r.state = 'waiting' and old.over then 'job' else r.actor end,
    ended_at = case when r.state = 'waiting' and old.over then now() else r.ended_at end
from old where r.statement_id = old.statement_id and r.id = old.id;

-- name: count_waiting(campaign_id)
-- How many wait, and since when, of each statement.
select r.statement_id, count(*)::integer as waiting, min(r.created_at) as since
from statements s join reports r on r.statement_id = s.id and r.state = 'waiting'
where s.campaign_id = :campaign_id
group by r.statement_id;

-- name: find_last(statement_id, actor)^
-- What somebody ended last, while they are likely to have noticed a slip and no reply has gone.
select id, subject, state from reports
where statement_id = :statement_id and actor = :actor and state <> 'waiting' and told_at is null
  and ended_at > now() - interval '10 minutes'
order by ended_at desc limit 1;
