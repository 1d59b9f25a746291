-- The room of endorsements: from the form to the review queue.

-- name: endorse(statement_id, version, letter_id, ip, claim)^
-- One claim, its origin and the request for the officer's letter, in one statement; the same claim again is the same
-- row, and within a minute asks for no second letter. `claim`: its columns. No row: the statement is not open for this
-- version of its text. A file that is gone breaks a foreign key.
with statement as (
    select id, campaign_id, version from statements
    where id = :statement_id and version = :version
      and state = 'open' and (closes_at is null or closes_at > now())
), claim as (
    insert into endorsements (statement_id, id, version, fingerprint, consent_ids, source, language,
                              name, kind, parent, region, code, area, web_address, logo, logo_consent,
                              members, members_on, members_source, decided, met_on, met_how, present, quorum,
                              votes_for, votes_against, abstained, motion, minutes, wording, wants, note,
                              address_key, key_version, officer_name, officer_role, officer_email, officer_phone,
                              mail_consent, second_key, second_name, second_role, second_email)
    select s.id, c.id, s.version, c.fingerprint, c.consent_ids, c.source, c.language,
           c.name, c.kind, c.parent, c.region, c.code, c.area, c.web_address, c.logo, c.logo_consent,
           c.members, c.members_on, c.members_source, c.decided, c.met_on, c.met_how, c.present, c.quorum,
           c.votes_for, c.votes_against, c.abstained, c.motion, c.minutes, c.wording, c.wants, c.note,
           c.address_key, c.key_version, c.officer_name, c.officer_role, c.officer_email, c.officer_phone,
           c.mail_consent, c.second_key, c.second_name, c.second_role, c.second_email
    from jsonb_populate_record(null::endorsements, :claim) c, statement s
    on conflict (statement_id, fingerprint) where state = 'pending'
    do update set asked_at = case when endorsements.asked_at < now() - interval '1 minute'
                                  then now() else endorsements.asked_at end
    returning statement_id, id, address_key, language, asked_at = now() as asks
), origin as (
    insert into attempt_origins (statement_id, id, ip) select statement_id, id, :ip from claim
    on conflict do nothing
), letter as (
    insert into outbox (id, kind, campaign_id, statement_id, subject_id, address_key, language)
    select :letter_id, 'endorsement', s.campaign_id, c.statement_id, c.id, c.address_key, c.language
    from claim c, statement s where c.asks
)
select statement_id, id from claim;

-- name: has_file(digest)$
-- Whether a file that an earlier try brought is still there.
select exists (select from files where digest = :digest);

-- name: is_logo(digest)$
-- Whether a public endorsement shows it.
select exists (
    select from endorsements e join public_endorsements p using (statement_id, id)
    where e.logo = :digest and p.logo = :digest);

-- ── the proof

-- name: find(statement_id, id)^
-- A claim or endorsement, with what its officer's link may still do, and the second officer's.
select e.*,
       s.ended_at is null or s.ended_at > now() - interval '24 hours' as in_time,
       e.asked_at > now() - interval '14 days'
           and (s.ended_at is null or s.ended_at > now() - interval '24 hours') as link_good,
       e.via = 'import' or e.created_at > now() - interval '45 days' as can_ask_again,
       least(e.asked_at + interval '14 days', s.ended_at + interval '24 hours', s.closes_at + interval '24 hours') as good_until,
       e.second_letter_at > now() - interval '14 days'
           and (s.ended_at is null or s.ended_at > now() - interval '24 hours') as second_link_good,
       least(e.second_letter_at + interval '14 days', s.ended_at + interval '24 hours',
             s.closes_at + interval '24 hours') as second_good_until
from endorsements e join statements_now s on s.id = e.statement_id
where e.statement_id = :statement_id and e.id = :id;

-- name: confirm(statement_id, id, way, subject_key, ledger_ids, event_id, notice_id, second_letter_id)^
-- Pending becomes confirmed, once, with its consents, its event, its notice and the second officer's letter. No row:
-- it was not pending, or its time is over. Other claims of the officer stay: one person speaks for several bodies.
with claim as (
    select e.statement_id, e.id, e.consent_ids, e.created_at, s.campaign_id
    from endorsements e join statements_now s on s.id = e.statement_id
    where e.statement_id = :statement_id and e.id = :id and e.state = 'pending'
      and e.asked_at > now() - interval '14 days'
      and (s.ended_at is null or s.ended_at > now() - interval '24 hours')
    for update of e
), confirmed as (
    update endorsements e
    set state = 'confirmed', confirmed_at = now(), confirmed_by = :way, fingerprint = null, consent_ids = null,
        letter_at = null
    from claim c where e.statement_id = c.statement_id and e.id = c.id
    returning e.statement_id, e.id, e.via, e.language, e.address_key, e.second_key,
              c.consent_ids as agreed, c.created_at as given_at, c.campaign_id
), ledger as (
    insert into consents (statement_id, id, subject_id, subject_key, text_id, act, via, given_at)
    select c.statement_id, (:ledger_ids::uuid[])[agreed.nth], c.id, :subject_key, agreed.text_id, 'given',
           case c.via when 'import' then 'import' else 'form' end, c.given_at
    from confirmed c, unnest(c.agreed) with ordinality as agreed (text_id, nth)
), event as (
    insert into endorsement_events (statement_id, id, endorsement_id, act)
    select statement_id, :event_id, id, 'confirmed' from confirmed
), letters as (
    insert into outbox (id, kind, priority, campaign_id, statement_id, subject_id, address_key, language)
    select :notice_id::uuid, 'endorsement received', 2, campaign_id, statement_id, id, address_key, language from confirmed
    union all
    select :second_letter_id::uuid, 'second officer', 2, campaign_id, statement_id, id, second_key, language
    from confirmed where second_key is not null
)
select statement_id, id from confirmed;

-- name: delete_claim(statement_id, id, others)^
-- "This wasn't me", or a suppressed address: the claim goes, with its letters and origin; its files a day later. `others`:
-- so do all other claims of its address.
with gone as (
    delete from endorsements e using endorsements c
    where c.statement_id = :statement_id and c.id = :id and c.state = 'pending'
      and e.statement_id = c.statement_id and e.address_key = c.address_key and e.state = 'pending'
      and (e.id = c.id or :others)
    returning e.statement_id, e.id, e.address_key
), origin as (
    delete from attempt_origins o using gone where o.statement_id = gone.statement_id and o.id = gone.id
), networks as (
    delete from attempt_networks n using gone where n.statement_id = gone.statement_id and n.id = gone.id
), letters as (
    delete from outbox where id in (
        select o.id from outbox o join gone on o.subject_id = gone.id
        where o.state in ('waiting', 'deferred') and o.claimed_until is null
        for update of o skip locked)
)
select statement_id, address_key from gone limit 1;

-- name: has_letters_enough(statement_id, id, most)$
-- Whether `most` older claims of this one's address wait to be confirmed by a letter: those that were mailed, or are next.
select count(*) >= :most
from endorsements c join endorsements e on e.statement_id = c.statement_id and e.address_key = c.address_key
where c.statement_id = :statement_id and c.id = :id
  and e.state = 'pending' and (e.created_at, e.id) < (c.created_at, c.id)
  and e.asked_at > now() - interval '14 days' and (e.letters > 0 or e.via <> 'import');

-- name: ask_again(statement_id, fingerprint, id, letter_id)^
-- A new letter for a claim, at most one a minute and none while one is put off; while the statement is open (or a day
-- after), and not for ever: as long as it may be put off. By the browser's mark or by the id.
with asked as (
    update endorsements e set asked_at = now()
    from statements_now s
    where e.statement_id = :statement_id and (e.fingerprint = :fingerprint or e.id = :id) and e.state = 'pending'
      and s.id = e.statement_id and e.asked_at < now() - interval '1 minute'
      and (e.via = 'import' or e.created_at > now() - interval '45 days')
      and (s.ended_at is null or s.ended_at > now() - interval '24 hours')
    returning e.statement_id, e.id, e.address_key, e.language, s.campaign_id
), letter as (
    insert into outbox (id, kind, campaign_id, statement_id, subject_id, address_key, language)
    select :letter_id, 'endorsement', campaign_id, statement_id, id, address_key, language from asked
)
select id from asked;

-- name: put_off(statement_id, id, until)!
-- Its letter may not go yet: the claim's days begin when it may. Within bounds: an address whose cap is kept full by
-- others must not keep what was typed for ever.
update endorsements set asked_at = least(greatest(asked_at, :until), greatest(asked_at, created_at + interval '45 days'))
where statement_id = :statement_id and id = :id and state = 'pending';

-- name: letter_sent(statement_id, id, letter)!
-- The letter was handed to SMTP: its code exists from now on.
update endorsements set letters = :letter, letter_at = now(), tries = 0
where statement_id = :statement_id and id = :id and state = 'pending' and letters <= :letter;

-- name: spend_try(statement_id, fingerprint, most)^
-- Spend one try of the current letter's code, and one of the day's wrong tries of its address; no row: there is no
-- code to try, or the day's tries are used up. Where there is none the mark stands in for the address, so that this
-- writes, commits and takes as long whether or not the claim is still there.
with tried as (
    update endorsements set tries = tries + 1
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

-- name: list_agreed(statement_id, ids)
-- The wordings that a claim agreed to.
select id, purpose, wording from consent_texts
where statement_id = :statement_id and id = any (:ids::uuid[])
order by array_position(:ids::uuid[], id);

-- name: ask_second(statement_id, id)!
-- The second officer's letter leaves now: their link's days begin.
update endorsements set second_letter_at = now() where statement_id = :statement_id and id = :id;

-- name: ask_second_again(statement_id, id, second_key, letter_id)!
-- A new letter to the second officer, at most one a minute and none while one waits.
insert into outbox (id, kind, priority, campaign_id, statement_id, subject_id, address_key, language)
select :letter_id, 'second officer', 2, s.campaign_id, e.statement_id, e.id, e.second_key, e.language
from endorsements e join statements_now s on s.id = e.statement_id
where e.statement_id = :statement_id and e.id = :id and e.state in ('confirmed', 'questioned', 'accepted')
  and e.second_key = :second_key and e.second_confirmed_at is null and e.second_refused_at is null
  and e.second_letter_at < now() - interval '1 minute'
  and (s.ended_at is null or s.ended_at > now() - interval '24 hours')
  and not exists (select from outbox o where o.subject_id = e.id and o.kind = 'second officer'
                  and o.state in ('waiting', 'deferred'));

-- name: confirm_second(statement_id, id, second_key, event_id)^
-- The word of the second officer that a letter asked, once, while the endorsement waits or stands and their link is good.
with confirmed as (
    update endorsements e set second_confirmed_at = now()
    from statements_now s
    where e.statement_id = :statement_id and e.id = :id and e.state in ('confirmed', 'questioned', 'accepted')
      and e.second_key = :second_key and e.second_confirmed_at is null and e.second_refused_at is null
      and e.second_letter_at > now() - interval '14 days'
      and s.id = e.statement_id and (s.ended_at is null or s.ended_at > now() - interval '24 hours')
    returning e.statement_id, e.id
), event as (
    insert into endorsement_events (statement_id, id, endorsement_id, act)
    select statement_id, :event_id, id, 'second confirmed' from confirmed
)
select statement_id, id from confirmed;

-- name: refuse_second(statement_id, id, second_key, event_id)^
-- "I don't know of this": what was typed about the second officer goes; the key stays, so that nobody names them there
-- again. `was`: whose address it was.
with second as (
    select statement_id, id, second_key as was from endorsements
    where statement_id = :statement_id and id = :id
      and second_key = :second_key and second_confirmed_at is null and second_refused_at is null
    for update
), refused as (
    update endorsements e
    set second_refused_at = now(), second_refused_keys = e.second_refused_keys || s.was,
        second_key = null, second_name = null, second_role = null, second_email = null
    from second s where e.statement_id = s.statement_id and e.id = s.id
    returning e.statement_id, e.id, s.was
), event as (
    insert into endorsement_events (statement_id, id, endorsement_id, act)
    select statement_id, :event_id, id, 'second refused' from refused
)
select statement_id, id, was from refused;

-- name: remind(most, letter_ids)
-- Reminders that are due: after 1 day and after 5, never before a letter; not where the same officer filled it in
-- again, or has confirmed, for a body of the same name. One address is reminded of one claim alone, the newest mailed:
-- somebody else may have typed it in many times (docs/decisions/0030).
with due as (
    select e.statement_id, e.id, row_number() over () as nth, s.campaign_id
    from endorsements e join statements_now s on s.id = e.statement_id
    where e.state = 'pending' and s.is_open
      and e.asked_at > now() - interval '13 days'
      and e.letter_at < now() - case e.reminders when 0 then interval '1 day' else interval '4 days' end
      and e.reminders < 2
      and not exists (select from endorsements o where o.statement_id = e.statement_id
                      and o.address_key = e.address_key and lower(o.name) = lower(e.name)
                      and ((o.created_at, o.id) > (e.created_at, e.id)
                           or o.state in ('confirmed', 'questioned', 'accepted')))
      and not exists (select from endorsements o where o.statement_id = e.statement_id and o.address_key = e.address_key
                      and o.state = 'pending' and o.letters > 0 and (o.created_at, o.id) > (e.created_at, e.id))
    limit :most
), claimed as (
    update endorsements e set reminders = e.reminders + 1
    from due where e.statement_id = due.statement_id and e.id = due.id and e.state = 'pending' and e.reminders < 2
    returning e.statement_id, e.id, e.address_key, e.language, due.nth, due.campaign_id
)
insert into outbox (id, kind, priority, campaign_id, statement_id, subject_id, address_key, language)
select (:letter_ids::uuid[])[nth], 'endorsement reminder', 5, campaign_id, statement_id, id, address_key, language from claimed
returning id;

-- name: purge_unconfirmed(most)$
-- Claims nobody confirmed, a week after their link ended; of an import, where no letter ever went, after 90 days.
with gone as (
    delete from endorsements where (statement_id, id) in (
        select e.statement_id, e.id from endorsements e join statements_now s on s.id = e.statement_id
        where e.state = 'pending'
          and (e.asked_at < now() - case when e.via = 'import' and e.letters = 0 then interval '90 days'
                                         else interval '21 days' end
               or s.ended_at < now() - interval '8 days')
        limit :most for update of e skip locked)
    returning statement_id, id
), origins as (
    delete from attempt_origins o using gone where o.statement_id = gone.statement_id and o.id = gone.id
), networks as (
    delete from attempt_networks n using gone where n.statement_id = gone.statement_id and n.id = gone.id
)
select count(*) from gone;
