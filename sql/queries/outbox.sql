-- Where letters wait. The worker claims them, decides once, sends, and forgets whose they were.

-- name: post(id, kind, priority, campaign_id, statement_id, subject_id, address_key, recipient, language, details)!
insert into outbox (id, kind, priority, campaign_id, statement_id, subject_id, address_key, recipient, language, details)
values (:id, :kind, :priority, :campaign_id, :statement_id, :subject_id, :address_key, :recipient, :language, :details);

-- name: claim(kinds, most, worst)
-- What a person waits for first, nothing of a worse priority than `worst`; five minutes of the database's clock, then the letter is anybody's again.
with due as materialized (
    select id from outbox
    where state in ('waiting', 'deferred') and not_before <= now()
        and (claimed_until is null or claimed_until <= now()) and kind = any (:kinds)
        and priority <= :worst
    order by priority, not_before
    limit :most
    for update skip locked
), claimed as (
    update outbox set claimed_until = now() + interval '5 minutes'
    where id in (select id from due)
    returning *
)
select * from claimed order by priority, not_before;

-- name: take_turn(address_key)!
-- Letters to one address are decided one after the other. Without it a due deferred letter (holds its own row,
-- wants the cap's) and a refused new one (holds the cap's, wants the deferred row) would wait for each other.
-- Taken first in the transaction, gone with it.
select pg_advisory_xact_lock(hashtextextended(encode(:address_key::bytea, 'hex'), 0));

-- name: hold(id, claimed_until)^
-- A deferred letter, locked while it is decided: others merge attempts into it.
select * from outbox
where id = :id and claimed_until = :claimed_until and state = 'deferred'
for update;

-- name: decide(id, claimed_until, decision, details)^
-- No row: the lease ran out, or the letter was taken back. Who takes back one attempt takes back the letters of
-- that subject, so the subject is the one attempt listed, and nobody where there are several.
update outbox set state = 'waiting', decision = :decision, details = details || :details::jsonb,
    due_since = case state when 'deferred' then not_before else due_since end,
    subject_id = case jsonb_array_length(coalesce(:details::jsonb -> 'attempts', '[]'))
        when 0 then subject_id
        when 1 then (:details::jsonb #>> '{attempts,0,1}')::uuid end
where id = :id and claimed_until = :claimed_until and state in ('waiting', 'deferred')
returning *;

-- name: defer(id, claimed_until, until, details)$
-- Put off alone: it stands deferred already, or has no address to merge by.
update outbox set state = 'deferred', not_before = :until, claimed_until = null, details = details || :details::jsonb
where id = :id and claimed_until = :claimed_until and state in ('waiting', 'deferred')
returning true;

-- name: merge(new_id, id, claimed_until, until, attempts, most)$
-- Into the address's one deferred letter, made here if there is none; the newest attempt is listed last. It lists
-- the newest one of every statement, however many, and of the others the newest, up to `most` in all.
insert into outbox (id, kind, priority, campaign_id, statement_id, subject_id, address_key, recipient, language,
    details, state, not_before)
select :new_id, kind, priority, campaign_id, statement_id, subject_id, address_key, recipient, language,
    details || jsonb_build_object('attempts', :attempts::jsonb), 'deferred', :until
from outbox
where id = :id and claimed_until = :claimed_until and state = 'waiting'
on conflict (address_key) where state = 'deferred' and details ? 'attempts' do update set
    -- A reminder that takes in a first letter becomes one itself: somebody waits for it.
    kind = case when excluded.kind = outbox.kind then outbox.kind else 'attempt' end,
    priority = least(outbox.priority, excluded.priority),
    details = outbox.details || jsonb_build_object(
    'attempts', (
        select jsonb_agg(attempt order by place) from (
            select attempt, place, nth, row_number() over (order by nth > 1, place desc) as rank from (
                select attempt, max(place) as place,
                    row_number() over (partition by attempt ->> 0 order by max(place) desc) as nth
                from jsonb_array_elements(
                    coalesce(outbox.details -> 'attempts', '[]') || (excluded.details -> 'attempts')
                ) with ordinality as all_of_them (attempt, place)
                group by attempt
            ) as of_statements
        ) as ranked
        where nth = 1 or rank <= :most
    ))
returning true;

-- name: renew(id, claimed_until)^
-- The whole lease again, right before it is handed over. No row: somebody else has it now, or nobody.
update outbox set claimed_until = now() + interval '5 minutes'
where id = :id and claimed_until = :claimed_until and state = 'waiting'
returning *;

-- name: take_from_pace(gap, room)$
-- MAIL_PER_HOUR as GCRA: the bucket of all workers is the time when it will be empty. One letter more, a gap of
-- seconds each, where no more than `room` are in it then; no row: not now.
insert into throttle as t (bucket, full_at)
values ('letters', clock_timestamp() + :gap::float8 * interval '1 second')
on conflict (bucket) do update
set full_at = greatest(t.full_at, clock_timestamp()) + :gap::float8 * interval '1 second'
where extract(epoch from t.full_at - clock_timestamp()) <= (:room::integer - 1) * :gap::float8
returning true;

-- name: give_back_to_pace(gap)!
-- One letter less.
update throttle set full_at = full_at - :gap::float8 * interval '1 second' where bucket = 'letters';

-- name: cut_pace(longest)!
-- What a slower setting left in the bucket, or a clock that was set back: no more than the seconds that it can hold.
update throttle set full_at = clock_timestamp() + :longest::float8 * interval '1 second'
where bucket = 'letters' and full_at > clock_timestamp() + :longest::float8 * interval '1 second';

-- name: level_of_pace()$
-- Seconds until the bucket is empty.
select coalesce(greatest(0, max(extract(epoch from full_at - clock_timestamp()))), 0)::float8
from throttle where bucket = 'letters';

-- name: count_waited_for(most)$
-- Letters that somebody waits for and that could leave now; counted no further than `most`.
select count(*) from (
    select from outbox
    where state in ('waiting', 'deferred') and priority = 0 and not_before <= now()
    limit :most
) as waiting;

-- name: end(id, state, decision, error)^
-- For good: what made the letter personal goes.
update outbox set state = :state, decision = coalesce(:decision, decision), error = :error, ended_at = now(),
    claimed_until = null, recipient = null, address_key = null, details = '{}'
where id = :id and state in ('waiting', 'deferred')
returning id;

-- name: postpone(id, claimed_until, error, most)$
-- The letter's own back-off: 1 minute doubling to 12 hours, a fifth more or less; after `most` tries it has failed.
-- That it may have arrived already is not forgotten over other errors.
update outbox set tries = tries + 1, claimed_until = null,
    error = case when error = 'uncertain' then error else :error end,
    not_before = now() + (0.8 + 0.4 * random()) * least(interval '12 hours', interval '1 minute' * 2 ^ least(tries, 12)),
    state = case when tries + 1 >= :most then 'failed' else state end,
    ended_at = case when tries + 1 >= :most then now() end,
    recipient = case when tries + 1 < :most then recipient end,
    address_key = case when tries + 1 < :most then address_key end,
    details = case when tries + 1 < :most then details else '{}' end
where id = :id and claimed_until = :claimed_until and state in ('waiting', 'deferred')
returning state;

-- name: give_back(ids, claimed_until, seconds)!
-- Not the letters' fault: no try is spent. `seconds` 0: due at once, its age is told on.
update outbox set claimed_until = null,
    not_before = case when :seconds::double precision > 0 then now() + :seconds * interval '1 second' else not_before end
where id = any (:ids) and claimed_until = :claimed_until and state in ('waiting', 'deferred');

-- name: purge(days)!
delete from outbox where state in ('sent', 'dropped', 'failed') and ended_at < now() - :days * interval '1 day';

-- name: lateness()$
-- How long the oldest letter that somebody waits for has been waiting, in seconds: whatever held it up, pauses too.
-- Not late are letters put off on purpose, those that only their own mailbox refuses (4.2.x), and those that were
-- tried in vain while younger ones left: that is their own trouble, and no news for everybody else.
select coalesce(extract(epoch from now() - min(due_since)), 0)::double precision from outbox
where priority = 0 and state = 'waiting' and (error is null or not starts_with(error, '4.2.'))
  and (tries = 0 or due_since > coalesce(
      (select max(latest.due_since) from (
          select due_since from outbox where state = 'sent' order by ended_at desc limit 50) as latest), '-infinity'));

-- name: keep(id, campaign_id, to_address, subject, text, html)!
-- Without SMTP: for the loopback page. The same letter sent again is still one letter.
insert into kept_letters (id, campaign_id, to_address, subject, text, html)
values (:id, :campaign_id, :to_address, :subject, :text, :html)
on conflict (id) do update set to_address = excluded.to_address, subject = excluded.subject, text = excluded.text,
    html = excluded.html;

-- name: thin_out_kept(most)!
delete from kept_letters
where id in (select id from kept_letters order by created_at desc, id desc offset :most);

-- name: list_kept()
select id, to_address as "to", subject, created_at as at from kept_letters order by created_at desc, id desc;

-- name: find_kept(id)^
select id, to_address as "to", subject, text, html, created_at as at from kept_letters where id = :id;
