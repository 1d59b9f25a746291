-- The pipeline of motions: from "we are putting it" to what came of it. Days are those of the site's time zone.

-- name: today(zone)$
select (now() at time zone :zone)::date;

-- name: submit(statement_id, motion_id, id, letter_id, address_key, key_version, fingerprint, name, kind, parent, area, meets_on, cut_off_on, text, wants, officer_name, officer_role, officer_email, consent_ids, language, ip)^
-- One plan, its origin and the request for a letter, in one statement; the same plan again is the same row, and within
-- a minute asks for no second letter. No row: the statement is not open, or the motion not published.
with motion as (
    select m.statement_id, m.id, s.campaign_id
    from motions m join statements s on s.id = m.statement_id
    where m.statement_id = :statement_id and m.id = :motion_id and m.state = 'published'
      and s.state = 'open' and (s.closes_at is null or s.closes_at > now())
), submission as (
    insert into submissions (statement_id, id, motion_id, address_key, key_version, fingerprint, name, kind, parent, area,
                             meets_on, cut_off_on, text, wants, officer_name, officer_role, officer_email, consent_ids,
                             language)
    select statement_id, :id, id, :address_key, :key_version, :fingerprint, :name, :kind, :parent, :area,
           :meets_on, :cut_off_on, :text, :wants, :officer_name, :officer_role, :officer_email, :consent_ids, :language
    from motion
    on conflict (statement_id, fingerprint) where state = 'pending'
    do update set asked_at = case when submissions.asked_at < now() - interval '1 minute'
                                  then now() else submissions.asked_at end
    returning statement_id, id, address_key, language, asked_at = now() as asks
), origin as (
    insert into attempt_origins (statement_id, id, ip) select statement_id, id, :ip from submission
    on conflict do nothing
), letter as (
    insert into outbox (id, kind, campaign_id, statement_id, subject_id, address_key, language)
    select :letter_id, 'submission', m.campaign_id, g.statement_id, g.id, g.address_key, g.language
    from submission g, motion m where g.asks
)
select statement_id, id from submission;

-- name: find(statement_id, id, zone)^
-- A submission with its motion, the wordings agreed to, and what its links may still do. `reminds_on`: the day of its
-- reminder, null where none will come.
select g.*, m.slug as motion_slug, m.title as motion_title, m.state as motion_state, s.campaign_id,
       case when g.state in ('pending', 'announced') and g.reminded_at is null and g.erased_at is null
                 and s.is_open and (s.closes_at is null or s.closes_at at time zone :zone > due.day)
            then due.day end as reminds_on,
       array(select t.wording from consent_texts t
             where t.statement_id = g.statement_id and t.id = any (g.consent_ids)) as agreed,
       s.ended_at is null or s.ended_at > now() - interval '24 hours' as in_time,
       g.asked_at > now() - interval '14 days'
           and (s.ended_at is null or s.ended_at > now() - interval '24 hours') as link_good,
       least(g.asked_at + interval '14 days', s.ended_at + interval '24 hours', s.closes_at + interval '24 hours') as good_until,
       (now() at time zone :zone)::date as today,
       g.state <> 'pending' and (now() at time zone :zone)::date <= g.meets_on + 60 as answerable
from submissions g
join motions m on m.statement_id = g.statement_id and m.id = g.motion_id
join statements_now s on s.id = g.statement_id
cross join lateral reminder_day(g.cut_off_on, g.meets_on, (now() at time zone :zone)::date) as due (day)
where g.statement_id = :statement_id and g.id = :id;

-- name: confirm(statement_id, id, subject_key, ledger_ids, notice_id)^
-- Pending becomes announced, once, with its line in the ledger and its notice. No row: it was not pending, or its time
-- is over.
with confirmed as (
    update submissions g
    set state = 'announced', confirmed_at = now(), fingerprint = null, letter_at = null
    from statements_now s
    where g.statement_id = :statement_id and g.id = :id and g.state = 'pending' and s.id = g.statement_id
      and g.asked_at > now() - interval '14 days'
      and (s.ended_at is null or s.ended_at > now() - interval '24 hours')
    returning g.statement_id, g.id, g.address_key, g.language, g.consent_ids, g.created_at, s.campaign_id
), ledger as (
    insert into consents (statement_id, id, subject_id, subject_key, text_id, act, via, given_at)
    select c.statement_id, (:ledger_ids::uuid[])[agreed.nth], c.id, :subject_key, agreed.text_id, 'given', 'form', c.created_at
    from confirmed c, unnest(c.consent_ids) with ordinality as agreed (text_id, nth)
), notice as (
    insert into outbox (id, kind, priority, campaign_id, statement_id, subject_id, address_key, language)
    select :notice_id, 'submission announced', 2, campaign_id, statement_id, id, address_key, language from confirmed
)
select statement_id, id from confirmed;

-- name: delete_pending(statement_id, id)^
-- "This wasn't me", or a suppressed address: what was typed goes, with its letters and origin.
with gone as (
    delete from submissions where statement_id = :statement_id and id = :id and state = 'pending'
    returning statement_id, id, address_key
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
select statement_id, id, address_key from gone;

-- name: ask_again(statement_id, fingerprint, letter_id)^
-- A new letter, at most one a minute; while the statement is open, or a day after.
with asked as (
    update submissions g set asked_at = now()
    from statements_now s
    where g.statement_id = :statement_id and g.fingerprint = :fingerprint and g.state = 'pending'
      and s.id = g.statement_id and g.asked_at < now() - interval '1 minute'
      and (s.ended_at is null or s.ended_at > now() - interval '24 hours')
    returning g.statement_id, g.id, g.address_key, g.language, s.campaign_id
), letter as (
    insert into outbox (id, kind, campaign_id, statement_id, subject_id, address_key, language)
    select :letter_id, 'submission', campaign_id, statement_id, id, address_key, language from asked
)
select id from asked;

-- name: put_off(statement_id, id, until)!
-- Its letter may not go yet: its days begin when it may. Within bounds, so that what was typed is not kept for ever.
update submissions set asked_at = least(greatest(asked_at, :until), greatest(asked_at, created_at + interval '45 days'))
where statement_id = :statement_id and id = :id and state = 'pending';

-- name: letter_sent(statement_id, id, letter)!
-- The letter was handed to SMTP: its code exists from now on.
update submissions set letters = :letter, letter_at = now(), tries = 0
where statement_id = :statement_id and id = :id and state = 'pending' and letters <= :letter;

-- name: spend_try(statement_id, fingerprint, most)^
-- Spend one try of the current letter's code, and one of the day's wrong tries of its address; no row: there is no
-- code to try, or the day's tries are used up. It writes as much whether or not there is one (signatures.spend_try).
with tried as (
    update submissions set tries = tries + 1
    where statement_id = :statement_id and fingerprint = :fingerprint and state = 'pending'
      and tries < 5 and letters > 0 and letter_at > now() - interval '30 minutes'
    returning statement_id, id, letters, address_key
), daily as (
    insert into code_tries (address_key) select coalesce((select address_key from tried), :fingerprint)
    on conflict (address_key, day) do update set tries = code_tries.tries + 1 where code_tries.tries < :most
    returning tries
)
select tried.* from tried, daily;

-- name: return_try(address_key)!
-- The code was right: only wrong ones count.
update code_tries set tries = tries - 1 where address_key = :address_key and day = current_date and tries > 0;

-- name: remind(most, letter_ids, zone)
-- Reminders that are due (reminder_day), once each, of open statements; the most urgent first.
with due as (
    select g.statement_id, g.id, row_number() over () as nth, g.campaign_id
    from (select g.statement_id, g.id, s.campaign_id
          from submissions g join statements_now s on s.id = g.statement_id and s.is_open
          where g.state = 'announced' and g.reminded_at is null and g.erased_at is null
            and reminder_day(g.cut_off_on, g.meets_on, (now() at time zone :zone)::date)
                = (now() at time zone :zone)::date
          order by coalesce(g.cut_off_on, g.meets_on), g.id
          limit :most for update of g skip locked) g
), claimed as (
    update submissions g set reminded_at = now()
    from due where g.statement_id = due.statement_id and g.id = due.id and g.state = 'announced'
      and g.reminded_at is null
    returning g.statement_id, g.id, g.address_key, g.language, due.nth, due.campaign_id
)
insert into outbox (id, kind, priority, campaign_id, statement_id, subject_id, address_key, language)
select (:letter_ids::uuid[])[nth], 'submission reminder', 5, campaign_id, statement_id, id, address_key, language
from claimed
returning id;

-- name: ask_outcome(most, letter_ids, zone)
-- "How did it go?", once, from the day after the meeting on.
with due as (
    select g.statement_id, g.id, row_number() over () as nth, s.campaign_id
    from (select g.* from submissions g
          where g.state = 'announced' and g.questioned_at is null and g.erased_at is null
            and (now() at time zone :zone)::date between g.meets_on + 1 and g.meets_on + 60
          order by g.meets_on, g.id
          limit :most for update skip locked) g
    join statements s on s.id = g.statement_id
), claimed as (
    update submissions g set questioned_at = now()
    from due where g.statement_id = due.statement_id and g.id = due.id and g.state = 'announced'
      and g.questioned_at is null
    returning g.statement_id, g.id, g.address_key, g.language, due.nth, due.campaign_id
)
insert into outbox (id, kind, priority, campaign_id, statement_id, subject_id, address_key, language)
select (:letter_ids::uuid[])[nth], 'submission question', 5, campaign_id, statement_id, id, address_key, language
from claimed
returning id;

-- name: answer(statement_id, id, state, amended, zone)^
-- What came of it, and corrected until 60 days after the meeting. No row: too late, or never announced.
update submissions set state = :state, amended = :amended, answered_at = now()
where statement_id = :statement_id and id = :id and state <> 'pending'
  and (now() at time zone :zone)::date <= meets_on + 60
returning statement_id, id, state;

-- name: move(statement_id, id, meets_on, cut_off_on, was, becomes, zone)^
-- The meeting is on another day, which stands in the motion's text too (`was`, `becomes`: as it is read there); what was
-- sent for the old days is sent anew. No row: it was answered, or its time is over.
update submissions
set meets_on = :meets_on, cut_off_on = :cut_off_on, text = replace(text, :was, :becomes),
    reminded_at = null, questioned_at = null
where statement_id = :statement_id and id = :id and state = 'announced'
  and (now() at time zone :zone)::date <= meets_on + 60
returning statement_id, id;

-- name: take_back(statement_id, id, ledger_id)!
-- They don't put it after all: nothing is left to write about, so the officer's details go at once, and the ledger says
-- that the consent (one: 'submit') is taken back.
with gone as (
    update submissions
    set address_key = null, officer_name = null, officer_role = null, officer_email = null, consent_ids = null,
        text = '', amended = '', erased_at = now()
    where statement_id = :statement_id and id = :id and state = 'withdrawn' and erased_at is null
    returning statement_id, id
), origin as (
    delete from attempt_origins o using gone where o.statement_id = gone.statement_id and o.id = gone.id
), networks as (
    delete from attempt_networks n using gone where n.statement_id = gone.statement_id and n.id = gone.id
)
insert into consents (statement_id, id, subject_id, subject_key, text_id, act, via, given_at)
select c.statement_id, :ledger_id, c.subject_id, c.subject_key, c.text_id, 'withdrawn', 'form', now()
from consents c join gone on gone.statement_id = c.statement_id and gone.id = c.subject_id
where c.act = 'given';

-- name: purge_pending(most)$
-- Plans that nobody confirmed, a week after their link ended.
with gone as (
    delete from submissions where (statement_id, id) in (
        select g.statement_id, g.id from submissions g join statements_now s on s.id = g.statement_id
        where g.state = 'pending'
          and (g.asked_at < now() - interval '21 days' or s.ended_at < now() - interval '8 days')
        limit :most for update of g skip locked)
    returning statement_id, id
), origins as (
    delete from attempt_origins o using gone where o.statement_id = gone.statement_id and o.id = gone.id
), networks as (
    delete from attempt_networks n using gone where n.statement_id = gone.statement_id and n.id = gone.id
)
select count(*) from gone;

-- name: erase_officers(most, zone)$
-- Officers' details go 30 days after the answer, 90 days after a meeting without one, or with the statement's
-- retention, and the texts with them, also one that was told later. The body, its date and its state stay, for the counts.
with over as (
    select g.statement_id, g.id from submissions g join statements s on s.id = g.statement_id
    where (g.erased_at is null or g.amended <> '') and g.state <> 'pending'
      and (g.answered_at < now() - interval '30 days'
           or g.answered_at is null and g.meets_on + 90 < (now() at time zone :zone)::date
           or s.anonymised_at is not null)
    limit :most for update of g skip locked
), erased as (
    update submissions g
    set address_key = null, officer_name = null, officer_role = null, officer_email = null, consent_ids = null,
        text = '', amended = '', erased_at = now()
    from over where g.statement_id = over.statement_id and g.id = over.id
    returning g.statement_id, g.id
), origins as (
    delete from attempt_origins o using erased e where o.statement_id = e.statement_id and o.id = e.id
), networks as (
    delete from attempt_networks n using erased e where n.statement_id = e.statement_id and n.id = e.id
)
select count(*) from erased;

-- name: list_meetings(statement_id, campaign_id, first, last, state)
-- For organisers, of one statement or of a whole campaign; what nobody confirmed is not theirs to see.
select g.id, s.slug as statement, m.slug as motion, m.title as motion_title, g.state, g.meets_on, g.cut_off_on,
       g.name, g.kind, g.parent, g.area, g.wants, g.officer_name, g.officer_role, g.officer_email, g.amended,
       g.confirmed_at, g.answered_at
from submissions g
join motions m on m.statement_id = g.statement_id and m.id = g.motion_id
join statements s on s.id = g.statement_id
where (g.statement_id = :statement_id or s.campaign_id = :campaign_id)
  and g.state <> 'pending' and g.meets_on between :first and :last
  and (:state::text is null or g.state = :state)
order by g.meets_on, g.name, g.id;

-- name: count_states(statement_id, campaign_id, zone)
-- "unanswered": announced, and the meeting was before today.
select case when g.state = 'announced' and g.meets_on < (now() at time zone :zone)::date then 'unanswered'
            else g.state end as state,
       count(*) as submissions
from submissions g join statements s on s.id = g.statement_id
where (g.statement_id = :statement_id or s.campaign_id = :campaign_id) and g.state <> 'pending'
group by 1;
