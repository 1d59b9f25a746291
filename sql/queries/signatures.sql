-- The room of signatures: from the attempt to the confirmed signature.

-- name: sign(statement_id, version, id, letter_id, address_key, key_version, fingerprint, name, email, answers, display, display_union, display_comment, mail_consent, partner_consents, consent_ids, source, language, ip)^
-- One attempt, its origin and the request for a letter, in one statement; the same attempt again is
-- the same row, and within a minute asks for no second letter. No row: the statement is not open
-- for this version of its text.
with statement as (
    select id, campaign_id from statements
    where id = :statement_id and version = :version
      and state = 'open' and (closes_at is null or closes_at > now())
), attempt as (
    insert into signatures (statement_id, id, version, key_version, address_key, fingerprint, name, email, answers,
                            display, display_union, display_comment, mail_consent, partner_consents, consent_ids, source, language)
    select id, :id, :version, :key_version, :address_key, :fingerprint, :name, :email, :answers,
           :display, :display_union, :display_comment, :mail_consent, :partner_consents, :consent_ids, :source, :language
    from statement
    on conflict (statement_id, fingerprint) where state = 'pending'
    do update set asked_at = case when signatures.asked_at < now() - interval '1 minute'
                                  then now() else signatures.asked_at end
    returning statement_id, id, address_key, language, asked_at = now() as asks
), origin as (
    insert into attempt_origins (statement_id, id, ip) select statement_id, id, :ip from attempt
    on conflict do nothing
), letter as (
    insert into outbox (id, kind, campaign_id, statement_id, subject_id, address_key, language)
    select :letter_id, 'attempt', statement.campaign_id, attempt.statement_id, attempt.id, attempt.address_key, attempt.language
    from attempt, statement where attempt.asks
)
select statement_id, id from attempt;

-- name: sign_together(attempts)
-- `sign` for several people at once: an object each of what it takes; what comes back names each row that stands by
-- its fingerprint. No two of the same attempt: the key would refuse to change a row twice. In the order of the key, so
-- that two such statements never wait for each other.
with given as materialized (
    select * from jsonb_to_recordset(:attempts) as g (
        statement_id uuid, version integer, id uuid, letter_id uuid, address_key bytea, key_version smallint,
        fingerprint bytea, name text, email text, answers jsonb, display text, display_union boolean, display_comment boolean, mail_consent boolean,
        partner_consents text[], consent_ids uuid[], source text, language text, ip inet)
), statement as (
    select id, campaign_id, version from statements
    where id in (select statement_id from given) and state = 'open' and (closes_at is null or closes_at > now())
), attempt as (
    insert into signatures (statement_id, id, version, key_version, address_key, fingerprint, name, email, answers,
                            display, display_union, display_comment, mail_consent, partner_consents, consent_ids, source, language)
    select g.statement_id, g.id, g.version, g.key_version, g.address_key, g.fingerprint, g.name, g.email, g.answers,
           g.display, g.display_union, g.display_comment, g.mail_consent, g.partner_consents, g.consent_ids, g.source, g.language
    from given g join statement s on s.id = g.statement_id and s.version = g.version
    order by g.statement_id, g.fingerprint
    on conflict (statement_id, fingerprint) where state = 'pending'
    do update set asked_at = case when signatures.asked_at < now() - interval '1 minute'
                                  then now() else signatures.asked_at end
    returning statement_id, id, fingerprint, address_key, language, asked_at = now() as asks
), origin as (
    insert into attempt_origins (statement_id, id, ip)
    select a.statement_id, a.id, g.ip from attempt a join given g using (statement_id, fingerprint)
    on conflict do nothing
), letter as (
    insert into outbox (id, kind, campaign_id, statement_id, subject_id, address_key, language)
    select g.letter_id, 'attempt', s.campaign_id, a.statement_id, a.id, a.address_key, a.language
    from attempt a join given g using (statement_id, fingerprint) join statement s on s.id = a.statement_id
    where a.asks
)
select statement_id, id, fingerprint from attempt;

-- name: find(statement_id, id)^
-- An attempt or signature, with what its link may still do.
select g.*,
       s.ended_at is null or s.ended_at > now() - interval '24 hours' as in_time,
       g.asked_at > now() - interval '14 days'
           and (s.ended_at is null or s.ended_at > now() - interval '24 hours') as link_good,
       least(g.asked_at + interval '14 days', s.ended_at + interval '24 hours', s.closes_at + interval '24 hours') as good_until
from signatures g join statements_now s on s.id = g.statement_id
where g.statement_id = :statement_id and g.id = :id;

-- name: confirm(statement_id, id, way, subject_key, ledger_ids, notice_id)^
-- Pending becomes confirmed, once, with its line for the tally, its consents and its notice.
-- No row: it was not pending, or its time is over. The key one_standing_signature refuses a second
-- signature of the same address. Siblings are taken with `skip locked`: two of them confirmed at
-- the same moment would else wait for each other (docs/decisions/0010).
with attempt as (
    select g.statement_id, g.id, g.consent_ids, g.created_at, s.campaign_id,
           g.letters = 0 and g.letter_at is null as uncounted -- before its letter was noted as sent
    from signatures g join statements_now s on s.id = g.statement_id
    where g.statement_id = :statement_id and g.id = :id and g.state = 'pending'
      and g.asked_at > now() - interval '14 days'
      and (s.ended_at is null or s.ended_at > now() - interval '24 hours')
    for update of g
), confirmed as (
    update signatures g
    set state = 'confirmed', confirmed_at = now(), confirmed_by = :way, fingerprint = null, consent_ids = null,
        letter_at = null, opened_at = null
    from attempt a where g.statement_id = a.statement_id and g.id = a.id
    returning g.statement_id, g.id, g.name, g.version, g.address_key, g.answers, g.source, g.language,
              a.consent_ids as agreed, a.created_at as given_at, a.campaign_id, a.uncounted
), queued as (
    insert into tally_queue (statement_id, what, delta, version, subject_id, area, source, waited, cause)
    select statement_id, 'people', 1, version, id, area_of(answers), source,
           extract(epoch from now() - given_at)::integer, 'confirm' from confirmed
    union all
    select statement_id, 'attempts', 1, version, id, null, null, null, 'letter' from confirmed where uncounted
), ledger as (
    insert into consents (statement_id, id, subject_id, subject_key, text_id, act, via, given_at)
    select c.statement_id, (:ledger_ids::uuid[])[agreed.nth], c.id, :subject_key, agreed.text_id, 'given', 'form', c.given_at
    from confirmed c, unnest(c.agreed) with ordinality as agreed (text_id, nth)
), siblings as (
    select g.statement_id, g.id from signatures g
    join confirmed c on c.statement_id = g.statement_id and c.address_key = g.address_key
    where g.state = 'pending' and g.id <> c.id
    for update of g skip locked
), superseded as (
    update signatures g set state = 'superseded', fingerprint = null
    from siblings where g.statement_id = siblings.statement_id and g.id = siblings.id
    returning g.id
), unsent as (
    delete from outbox where id in (
        select o.id from outbox o join superseded on o.subject_id = superseded.id
        where o.state = 'waiting' and o.claimed_until is null
          and jsonb_array_length(coalesce(o.details -> 'attempts', '[]')) < 2  -- a merged letter speaks for others too
        for update of o skip locked)
), notice as (
    insert into outbox (id, kind, priority, campaign_id, statement_id, subject_id, address_key, language)
    select :notice_id, 'confirmed', 2, campaign_id, statement_id, id, address_key, language from confirmed
)
select statement_id, id, name, version from confirmed;

-- name: supersede(statement_id, id)!
-- A sibling won: this attempt is over.
update signatures set state = 'superseded', fingerprint = null
where statement_id = :statement_id and id = :id and state = 'pending';

-- name: find_standing(statement_id, address_key)^
-- The signature that stands for an address.
select statement_id, id, state, number from signatures
where statement_id = :statement_id and address_key = :address_key
  and state in ('confirmed', 'held', 'invalidated');

-- name: delete_attempt(statement_id, id)^
-- "This wasn't me", or a suppressed address: the attempt goes, with its letters and origin.
with gone as (
    delete from signatures where statement_id = :statement_id and id = :id and state in ('pending', 'superseded')
    returning statement_id, id, address_key
), origin as (
    delete from attempt_origins o using gone where o.statement_id = gone.statement_id and o.id = gone.id
), networks as (
    delete from attempt_networks n using gone where n.statement_id = gone.statement_id and n.id = gone.id
), letters as (
    delete from outbox where id in (
        select o.id from outbox o join gone on o.subject_id = gone.id
        where o.state = 'waiting' and o.claimed_until is null
          and jsonb_array_length(coalesce(o.details -> 'attempts', '[]')) < 2  -- a merged letter speaks for others too
        for update of o skip locked)
)
select statement_id, id, address_key from gone;

-- name: ask_again(statement_id, fingerprint, letter_id)^
-- A new letter for an attempt, at most one a minute; while the statement is open (or a day after). By its mark: where
-- the cookie's attempt is over, one statement finds that out as well.
with asked as (
    update signatures g set asked_at = now()
    from statements_now s
    where g.statement_id = :statement_id and g.fingerprint = :fingerprint and g.state = 'pending'
      and s.id = g.statement_id and g.asked_at < now() - interval '1 minute'
      and (s.ended_at is null or s.ended_at > now() - interval '24 hours')
    returning g.statement_id, g.id, g.address_key, g.language, s.campaign_id
), letter as (
    insert into outbox (id, kind, campaign_id, statement_id, subject_id, address_key, language)
    select :letter_id, 'attempt', campaign_id, statement_id, id, address_key, language from asked
)
select id from asked;

-- name: put_off(statement_id, id, until)!
-- Its letter may not go yet: the attempt's days begin when it may. Within bounds: an address whose cap is kept full
-- by others must not keep what was typed for ever.
update signatures set asked_at = least(greatest(asked_at, :until), greatest(asked_at, created_at + interval '45 days'))
where statement_id = :statement_id and id = :id and state = 'pending';

-- name: open_link(statement_id, id)!
-- The link was opened by somebody who did not confirm with it: measured, once.
update signatures set opened_at = now()
where statement_id = :statement_id and id = :id and state = 'pending' and opened_at is null;

-- name: letter_sent(statement_id, id, letter)!
-- The letter was handed to SMTP: its code exists from now on; and with the first one the attempt counts as one.
with attempt as (
    select statement_id, id, version, letters = 0 and letter_at is null as uncounted from signatures
    where statement_id = :statement_id and id = :id and state = 'pending' and letters <= :letter
    for update
), queued as (
    insert into tally_queue (statement_id, what, delta, version, subject_id, cause)
    select statement_id, 'attempts', 1, version, id, 'letter' from attempt where uncounted
)
update signatures g set letters = :letter, letter_at = now(), tries = 0
from attempt a where g.statement_id = a.statement_id and g.id = a.id;

-- name: merged_sent(statement_ids, ids)!
-- A letter that lists several attempts was handed over: it has no codes, but reminders count from it.
with attempt as (
    select g.statement_id, g.id, g.version, g.letter_at is null as uncounted
    from signatures g
    join unnest(:statement_ids::uuid[], :ids::uuid[]) as listed (statement_id, id)
      on g.statement_id = listed.statement_id and g.id = listed.id
    where g.state = 'pending' and g.letters = 0
    for update of g
), queued as (
    insert into tally_queue (statement_id, what, delta, version, subject_id, cause)
    select statement_id, 'attempts', 1, version, id, 'letter' from attempt where uncounted
)
update signatures g set letter_at = now()
from attempt a where g.statement_id = a.statement_id and g.id = a.id;

-- name: spend_try(statement_id, fingerprint, most)^
-- Spend one try of the current letter's code, and one of the day's wrong tries of its address; no row: there is no
-- code to try, or the day's tries are used up. Where there is none the mark stands in for the address, so that this
-- writes, commits and takes as long whether or not the address is known.
with tried as (
    update signatures set tries = tries + 1
    where statement_id = :statement_id and fingerprint = :fingerprint and state = 'pending'
      and tries < 5 and letters > 0 and letter_at > now() - interval '30 minutes'
    returning statement_id, id, letters, address_key
), daily as (
    insert into code_tries (address_key) select coalesce((select address_key from tried), :fingerprint)
    on conflict (address_key, day) do update set tries = code_tries.tries + 1 where code_tries.tries < :most
    returning tries
)
select tried.* from tried, daily;

-- name: return_daily_try(address_key)!
-- The code was right: only wrong ones count.
update code_tries set tries = tries - 1 where address_key = :address_key and day = current_date and tries > 0;

-- name: give_numbers(statement_ids, ids, numbers)!
-- The tally's numbers, in the order of the first count; the rows in the order of their ids, in which invalidations
-- take theirs.
update signatures g set number = given.number
from (select * from unnest(:statement_ids::uuid[], :ids::uuid[], :numbers::integer[]) as new (statement_id, id, number)
      order by 1, 2) as given
where g.statement_id = given.statement_id and g.id = given.id and g.number is null;

-- name: list_signatories(statement_id, most, skip)
-- The public list, newest first; which ones is read from the index alone, however deep the page.
select p.* from public_signatories p
where p.statement_id = :statement_id and p.number in (
    select g.number from signatures g
    where g.statement_id = :statement_id and g.state = 'confirmed' and g.display = 'name' and not g.unlisted
      and g.erased_at is null and g.number is not null
    order by g.number desc limit :most offset :skip)
order by p.number desc;

-- name: count_signatories(statement_id)$
-- How many names the public list has.
select count(*) from public_signatories where statement_id = :statement_id;

-- name: remind(most, letter_ids)
-- Reminders that are due: after 1 day and after 5, for the newest attempt of an address on a
-- statement, never where a signature stands.
with due as (
    select g.statement_id, g.id, row_number() over () as nth, s.campaign_id
    from signatures g join statements_now s on s.id = g.statement_id
    where g.state = 'pending' and s.is_open
      and g.asked_at > now() - interval '13 days'
      and g.letter_at < now() - case g.reminders when 0 then interval '1 day' else interval '4 days' end
      and g.reminders < 2
      and not exists (select from signatures o where o.statement_id = g.statement_id
                      and o.address_key = g.address_key and o.state in ('confirmed', 'held', 'invalidated'))
      and not exists (select from signatures o where o.statement_id = g.statement_id
                      and o.address_key = g.address_key and o.state = 'pending'
                      and (o.created_at, o.id) > (g.created_at, g.id))
      and (select coalesce(sum(o.reminders), 0) from signatures o where o.statement_id = g.statement_id
           and o.address_key = g.address_key and o.state = 'pending') <= g.reminders
    limit :most
), claimed as (
    update signatures g set reminders = g.reminders + 1
    from due where g.statement_id = due.statement_id and g.id = due.id and g.state = 'pending'
      and g.reminders < 2
    returning g.statement_id, g.id, g.address_key, g.language, due.nth, due.campaign_id
)
insert into outbox (id, kind, priority, campaign_id, statement_id, subject_id, address_key, language)
select (:letter_ids::uuid[])[nth], 'reminder', 5, campaign_id, statement_id, id, address_key, language from claimed
returning id;

-- name: purge_unconfirmed(most)$
-- Attempts nobody confirmed, a week after their link ended; superseded ones after a day.
with gone as (
    delete from signatures where (statement_id, id) in (
        select g.statement_id, g.id from signatures g join statements_now s on s.id = g.statement_id
        where g.state in ('pending', 'superseded')
          and (g.asked_at < now() - interval '21 days'
               or s.ended_at < now() - interval '8 days'
               or g.state = 'superseded' and g.created_at < now() - interval '1 day')
        limit :most for update of g skip locked)
    returning statement_id, id
), origins as (
    delete from attempt_origins o using gone where o.statement_id = gone.statement_id and o.id = gone.id
), networks as (
    delete from attempt_networks n using gone where n.statement_id = gone.statement_id and n.id = gone.id
)
select count(*) from gone;

-- name: anonymise()
-- Retention: personal columns of statements whose time is over, counts stay (privacy.md 6).
with over as (
    update statements s set anonymised_at = now()
    from campaigns c
    where c.id = s.campaign_id and s.anonymised_at is null and s.state in ('closed', 'archived')
      and s.closed_at + make_interval(months => c.retention_months) < now()
    returning s.id, s.campaign_id
), rules as ( -- what a rule went by may be a name; nobody is left to take out or to put back
    update invalidations i
    set rule = '{}', state = case i.state when 'running' then 'done' when 'undoing' then 'undone' else i.state end,
        ended_at = coalesce(i.ended_at, now())
    from over where i.statement_id = over.id
    returning i.id
), gone as ( -- after the rules, as the job that carries one out: a batch of it ends first
    update signatures g
    set address_key = null, name = null, email = null, answers = null, partner_consents = null, source = null,
        fingerprint = null, consent_ids = null, mail_consent = false, display = 'hidden', display_union = false, display_comment = false,
        letter_at = null, opened_at = null, asked_at = date_trunc('hour', g.asked_at),
        created_at = date_trunc('hour', g.created_at), confirmed_at = date_trunc('hour', g.confirmed_at),
        withdrawn_at = date_trunc('hour', g.withdrawn_at),
        erased_at = date_trunc('hour', now())
    from over where g.statement_id = over.id and g.erased_at is null and (select count(*) from rules) >= 0
    returning g.statement_id
), origins as (
    delete from attempt_origins o using over where o.statement_id = over.id
), networks as (
    delete from attempt_networks n using over where n.statement_id = over.id
)
select over.id as statement_id, over.campaign_id, (select count(*) from gone where gone.statement_id = over.id) as erased
from over;

-- name: list_retention()
-- What `anonymise` will do, and when.
select s.id, s.slug, s.closed_at + make_interval(months => c.retention_months) as due,
       (select count(*) from signatures g where g.statement_id = s.id and g.erased_at is null) as people
from statements s join campaigns c on c.id = s.campaign_id
where s.anonymised_at is null and s.state in ('closed', 'archived')
order by due;

-- name: list_agreed(statement_id, ids)
-- The wordings that an attempt agreed to.
select id, purpose, wording from consent_texts
where statement_id = :statement_id and id = any (:ids::uuid[])
order by array_position(:ids::uuid[], id);
