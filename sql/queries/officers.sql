-- What officers may do later, by the link to their address: see, correct, renew, withdraw, have their details erased. An
-- address is looked for statement by statement, so that the indexes serve.

-- name: list_held(address_key)
-- Every endorsement in which an address is the officer's (`own`) or, once that one has confirmed, the second officer's,
-- the newest first, with what may still be done to it. `waiting_id`: the row that corrects or renews it, once organisers have accepted that.
select held.*,
       v.title as signed_title, o.name as organisation,
       coalesce(held.address_key = :address_key, false) as own,
       n.id as waiting_id,
       held.address_key = :address_key and held.state in ('confirmed', 'questioned', 'accepted') as can_correct,
       held.address_key = :address_key and s.is_open and held.state in ('accepted', 'expired') and not exists (
           select from endorsements l where l.statement_id = held.statement_id and l.replaces_id = held.id
           and l.state in ('accepted', 'replaced', 'expired')) as can_renew,
       held.address_key = :address_key
           and (held.state in ('confirmed', 'questioned') or held.state = 'accepted' and s.is_open) as can_withdraw
from statements_now s
cross join lateral (
    select e.* from endorsements e where e.statement_id = s.id and e.address_key = :address_key
    union all
    select e.* from endorsements e
    where e.statement_id = s.id and e.second_key = :address_key and e.state <> 'pending'
) as held
join versions v on v.statement_id = held.statement_id and v.number = held.version
left join organisations o on o.id = held.organisation_id
left join endorsements n on n.statement_id = held.statement_id and n.replaces_id = held.id
    and n.state in ('confirmed', 'questioned')
order by held.created_at desc, held.id desc;

-- name: list_submissions(address_key)
-- Every plan to put a motion of an address, the newest first.
select g.*, m.title as motion_title, m.slug as motion_slug
from statements s
join submissions g on g.statement_id = s.id and g.address_key = :address_key
join motions m on m.statement_id = g.statement_id and m.id = g.motion_id
order by g.created_at desc, g.id desc;

-- name: find_newest(address_key)^
-- The newest of both: in whose name the letter with the link is written.
select statement_id, language from (
    select e.statement_id, e.language, e.created_at
    from statements s join endorsements e on e.statement_id = s.id and e.address_key = :address_key
    union all
    select e.statement_id, e.language, e.created_at
    from statements s join endorsements e on e.statement_id = s.id and e.second_key = :address_key and e.state <> 'pending'
    union all
    select g.statement_id, g.language, g.created_at
    from statements s join submissions g on g.statement_id = s.id and g.address_key = :address_key
) as held
order by created_at desc limit 1;

-- name: list_consents(statement_ids, ids)
-- The ledger of some endorsements and submissions with its exact words; an unconfirmed one's are not in it yet.
select c.statement_id, c.subject_id, t.id, t.purpose, t.wording, t.version, t.language,
       c.act, c.via, c.given_at as "when", c.confirmed_at
from unnest(:statement_ids::uuid[], :ids::uuid[]) as wanted (statement_id, id)
join consents c on c.statement_id = wanted.statement_id and c.subject_id = wanted.id
join consent_texts t on t.statement_id = c.statement_id and t.id = c.text_id
union all
select p.statement_id, p.id, t.id, t.purpose, t.wording, t.version, t.language,
       'given', 'form', p.created_at, null
from unnest(:statement_ids::uuid[], :ids::uuid[]) as wanted (statement_id, id)
join lateral (
    select statement_id, id, created_at, consent_ids from endorsements where state = 'pending'
    union all
    select statement_id, id, created_at, consent_ids from submissions where state = 'pending'
) p on p.statement_id = wanted.statement_id and p.id = wanted.id
join consent_texts t on t.statement_id = p.statement_id and t.id = any (p.consent_ids)
order by 10, 4;

-- name: list_events(statement_ids, ids)
-- What happened to some endorsements.
select e.*
from unnest(:statement_ids::uuid[], :ids::uuid[]) as wanted (statement_id, id)
join endorsement_events e on e.statement_id = wanted.statement_id and e.endorsement_id = wanted.id
order by e.happened_at, e.id;

-- name: list_origins(statement_ids, ids)
-- The internet addresses that they came from, or what is kept of them.
select o.statement_id, o.id, o.day, host(o.ip) as origin
from unnest(:statement_ids::uuid[], :ids::uuid[]) as wanted (statement_id, id)
join attempt_origins o on o.statement_id = wanted.statement_id and o.id = wanted.id
union all
select n.statement_id, n.id, n.day, n.network::text
from unnest(:statement_ids::uuid[], :ids::uuid[]) as wanted (statement_id, id)
join attempt_networks n on n.statement_id = wanted.statement_id and n.id = wanted.id
order by 3;

-- name: list_files(digests)
-- About some files, without what is in them.
select digest, type, size from files where digest = any (:digests::bytea[]);

-- name: find(statement_id, id, address_key)^
-- One endorsement of this address. `renewed`: another one took its place, even if that has ended since. No row: not theirs.
select e.*, s.campaign_id, s.is_open, n.id as waiting_id,
       exists (select from endorsements l where l.statement_id = e.statement_id and l.replaces_id = e.id
               and l.state in ('accepted', 'replaced', 'expired')) as renewed
from endorsements e
join statements_now s on s.id = e.statement_id
left join endorsements n on n.statement_id = e.statement_id and n.replaces_id = e.id
    and n.address_key = e.address_key and n.state in ('confirmed', 'questioned')
where e.statement_id = :statement_id and e.id = :id and e.address_key = :address_key;

-- name: hold(statement_id, id)
-- Nobody else moves it, nor the one that it corrects, until the transaction ends: the older first, as `review.hold`.
select id from endorsements
where statement_id = :statement_id
  and id in (:id, (select replaces_id from endorsements where statement_id = :statement_id and id = :id))
order by id
for update;

-- name: list_family(statement_id, id, address_key)
-- After `hold`: the endorsement, the one that it corrects and the one that waits to correct it, where they are of this
-- address. The last may have been written while `hold` waited. `renewed` as above.
select e.*, s.campaign_id, s.is_open,
       exists (select from endorsements l where l.statement_id = e.statement_id and l.replaces_id = e.id
               and l.state in ('accepted', 'replaced', 'expired')) as renewed
from endorsements e join statements_now s on s.id = e.statement_id
where e.statement_id = :statement_id and e.address_key = :address_key and (
    e.id = :id
    or e.id = (select replaces_id from endorsements where statement_id = :statement_id and id = :id)
    or e.replaces_id = :id and e.state in ('confirmed', 'questioned'))
order by e.id
for update of e;

-- name: change(statement_id, id, facts, event_id, fields)!
-- What the public does not see, and what shows it less, at once. `facts`: its columns.
with changed as (
    update endorsements e
    set officer_name = f.officer_name, officer_role = f.officer_role, officer_phone = f.officer_phone,
        mail_consent = f.mail_consent, wants = f.wants, note = f.note, logo = f.logo, logo_consent = f.logo_consent
    from jsonb_populate_record(null::endorsements, :facts) f
    where e.statement_id = :statement_id and e.id = :id and e.state = 'accepted'
    returning e.statement_id, e.id
)
insert into endorsement_events (statement_id, id, endorsement_id, act, fields)
select statement_id, :event_id, id, 'changed', :fields from changed;

-- name: correct(statement_id, id, facts, renews, event_id, act, fields)!
-- One that waits, answered if it was questioned; one that renews is of the text that stands now. What another officer or the reviewer said of other facts is over.
with corrected as (
    update endorsements e
    set state = 'confirmed', changed_at = now(),
        version = case when :renews then (select s.version from statements s where s.id = :statement_id) else e.version end,
        name = f.name, kind = f.kind, parent = f.parent, region = f.region, code = f.code, area = f.area,
        web_address = f.web_address, logo = f.logo, logo_consent = f.logo_consent, members = f.members,
        members_on = f.members_on, members_source = f.members_source, decided = f.decided, met_on = f.met_on,
        met_how = f.met_how, present = f.present, quorum = f.quorum, votes_for = f.votes_for,
        votes_against = f.votes_against, abstained = f.abstained, motion = f.motion, minutes = f.minutes,
        wording = f.wording, wants = f.wants, note = f.note, officer_name = f.officer_name,
        officer_role = f.officer_role, officer_phone = f.officer_phone, mail_consent = f.mail_consent,
        second_key = f.second_key, second_name = f.second_name, second_role = f.second_role,
        second_email = f.second_email,
        second_confirmed_at = case when f.second_key is not distinct from e.second_key then e.second_confirmed_at end,
        second_refused_at = case when f.second_key is null or f.second_key = e.second_key then e.second_refused_at end,
        two_officers = e.two_officers and f.second_key is not distinct from e.second_key,
        minutes_seen = e.minutes_seen
            and (f.minutes, f.decided, f.met_on) is not distinct from (e.minutes, e.decided, e.met_on)
    from jsonb_populate_record(null::endorsements, :facts) f
    where e.statement_id = :statement_id and e.id = :id and e.state in ('confirmed', 'questioned')
    returning e.statement_id, e.id
)
insert into endorsement_events (statement_id, id, endorsement_id, act, fields)
select statement_id, :event_id, id, :act, :fields from corrected;

-- name: succeed(statement_id, replaces_id, id, facts, renews, event_id)!
-- A row that corrects or renews one, confirmed by the link; the key one_successor lets one wait. A correction is of the
-- text that was endorsed, a renewal of the one that stands now.
with made as (
    insert into endorsements (statement_id, id, version, language, state, via, confirmed_at, confirmed_by, replaces_id,
                              name, kind, parent, region, code, area, web_address, logo, logo_consent,
                              members, members_on, members_source, decided, met_on, met_how, present, quorum,
                              votes_for, votes_against, abstained, motion, minutes, wording, wants, note,
                              address_key, key_version, officer_name, officer_role, officer_email, officer_phone,
                              mail_consent, second_key, second_name, second_role, second_email,
                              second_confirmed_at, second_refused_at, second_refused_keys)
    select e.statement_id, :id, case when :renews then s.version else e.version end, e.language, 'confirmed', 'officer',
           now(), 'officer', e.id,
           f.name, f.kind, f.parent, f.region, f.code, f.area, f.web_address, f.logo, f.logo_consent,
           f.members, f.members_on, f.members_source, f.decided, f.met_on, f.met_how, f.present, f.quorum,
           f.votes_for, f.votes_against, f.abstained, f.motion, f.minutes, f.wording, f.wants, f.note,
           e.address_key, e.key_version, f.officer_name, f.officer_role, e.officer_email, f.officer_phone,
           f.mail_consent, f.second_key, f.second_name, f.second_role, f.second_email,
           case when f.second_key is not distinct from e.second_key then e.second_confirmed_at end,
           case when f.second_key is null or f.second_key = e.second_key then e.second_refused_at end,
           e.second_refused_keys
    from endorsements e join statements s on s.id = e.statement_id,
         jsonb_populate_record(null::endorsements, :facts) f
    where e.statement_id = :statement_id and e.id = :replaces_id and e.state in ('accepted', 'expired')
    returning statement_id, id
)
insert into endorsement_events (statement_id, id, endorsement_id, act)
select statement_id, :event_id, id, 'confirmed' from made;

-- name: withdraw(statement_id, id, event_id)$
-- Of a row that the caller has taken: an accepted one leaves list and count while the statement is open, one that waits
-- leaves the queue. Gives whether it did.
with old as (
    select e.statement_id, e.id, e.state, e.version
    from endorsements e join statements_now s on s.id = e.statement_id
    where e.statement_id = :statement_id and e.id = :id
      and (e.state in ('confirmed', 'questioned') or e.state = 'accepted' and s.is_open)
), gone as (
    update endorsements e set state = 'withdrawn', ended_at = now(), mail_consent = false, logo_consent = false
    from old where e.statement_id = old.statement_id and e.id = old.id and e.state = old.state
    returning e.statement_id, e.id, old.state as was, old.version
), counted as (
    insert into tally_queue (statement_id, what, delta, version, subject_id, cause)
    select statement_id, 'organisations', -1, version, id, 'withdraw' from gone where was = 'accepted'
), noted as (
    insert into endorsement_events (statement_id, id, endorsement_id, act)
    select statement_id, :event_id, id, 'withdrawn' from gone
)
select exists (select from gone);

-- name: take_chain(statement_id, id, address_key)
-- An endorsement with all that it corrects and all that corrects it, of one address, held by the caller's transaction.
with recursive chain as (
    select id, replaces_id from endorsements
    where statement_id = :statement_id and id = :id and address_key = :address_key
    union
    select e.id, e.replaces_id from chain c
    join endorsements e on e.statement_id = :statement_id and e.address_key = :address_key
        and (e.id = c.replaces_id or e.replaces_id = c.id)
)
select e.*, s.campaign_id
from endorsements e join statements s on s.id = e.statement_id
where e.statement_id = :statement_id and e.id in (select id from chain) and e.address_key = :address_key
order by e.id
for update of e;

-- name: erase(statement_id, ids, event_ids)!
-- The officers' details go, with what names people (minutes, motion, note, question, reason), the origin and waiting
-- letters; the endorsement is the body's and stays.
with gone as (
    update endorsements e
    set address_key = null, officer_name = null, officer_role = null, officer_email = null, officer_phone = null,
        second_key = null, second_name = null, second_role = null, second_email = null, second_refused_keys = '{}',
        mail_consent = false, minutes = null, motion = '', note = '', question = '', reason = '', source = null,
        erased_at = now()
    from unnest(:ids::uuid[], :event_ids::uuid[]) as wanted (id, event_id)
    where e.statement_id = :statement_id and e.id = wanted.id and e.erased_at is null and e.state <> 'pending'
    returning e.statement_id, e.id, wanted.event_id
), letters as (
    delete from outbox where id in (
        select o.id from outbox o join gone on o.subject_id = gone.id
        where o.state in ('waiting', 'deferred') and o.claimed_until is null
        for update of o skip locked)
), origins as (
    delete from attempt_origins o using gone where o.statement_id = gone.statement_id and o.id = gone.id
), networks as (
    delete from attempt_networks n using gone where n.statement_id = gone.statement_id and n.id = gone.id
)
insert into endorsement_events (statement_id, id, endorsement_id, act)
select statement_id, event_id, id, 'erased' from gone;

-- name: take_second_chain(statement_id, id, address_key)
-- The same, of whom they name as the second officer; of a claim that its own officer has not confirmed they know nothing.
with recursive chain as (
    select id, replaces_id from endorsements
    where statement_id = :statement_id and id = :id and second_key = :address_key and state <> 'pending'
    union
    select e.id, e.replaces_id from chain c
    join endorsements e on e.statement_id = :statement_id and e.second_key = :address_key and e.state <> 'pending'
        and (e.id = c.replaces_id or e.replaces_id = c.id)
)
select e.*, s.campaign_id
from endorsements e join statements s on s.id = e.statement_id
where e.statement_id = :statement_id and e.id in (select id from chain) and e.second_key = :address_key
order by e.id
for update of e;

-- name: erase_second(statement_id, ids, event_ids)!
-- Of rows that the caller has taken: a second officer takes their own details out; that they had confirmed stays. One who
-- had not knows nothing of it.
with old as (
    select e.statement_id, e.id, e.second_key, wanted.event_id,
           e.second_confirmed_at is not null or e.second_refused_at is not null as spoke
    from unnest(:ids::uuid[], :event_ids::uuid[]) as wanted (id, event_id)
    join endorsements e on e.statement_id = :statement_id and e.id = wanted.id
), gone as (
    update endorsements e
    set second_key = null, second_name = null, second_role = null, second_email = null,
        second_refused_at = case when old.spoke then e.second_refused_at else now() end,
        second_refused_keys = case when old.spoke then e.second_refused_keys
                                   else e.second_refused_keys || old.second_key end
    from old where e.statement_id = old.statement_id and e.id = old.id
    returning e.statement_id, e.id, old.spoke, old.event_id
), letters as (
    delete from outbox where id in (
        select o.id from outbox o join gone on o.subject_id = gone.id
        where o.kind = 'second officer' and o.state in ('waiting', 'deferred') and o.claimed_until is null
        for update of o skip locked)
)
insert into endorsement_events (statement_id, id, endorsement_id, act, fields)
select statement_id, event_id, id, case when spoke then 'erased' else 'second refused' end, '{second officer}' from gone;

-- name: erase_submission(statement_id, id, address_key)^
-- The officer's details of one plan; what nobody confirmed goes whole. The body, its meeting and the outcome stay.
with old as (
    select g.*, s.campaign_id from submissions g join statements s on s.id = g.statement_id
    where g.statement_id = :statement_id and g.id = :id and g.address_key = :address_key
    for update of g
), deleted as (
    delete from submissions g using old
    where g.statement_id = old.statement_id and g.id = old.id and old.state = 'pending'
), gone as (
    update submissions g
    set address_key = null, officer_name = null, officer_role = null, officer_email = null, consent_ids = null,
        text = '', amended = '', erased_at = now()
    from old where g.statement_id = old.statement_id and g.id = old.id and old.state <> 'pending'
), letters as (
    delete from outbox where id in (
        select o.id from outbox o join old on o.subject_id = old.id
        where o.state in ('waiting', 'deferred') and o.claimed_until is null
        for update of o skip locked)
), origins as (
    delete from attempt_origins o using old where o.statement_id = old.statement_id and o.id = old.id
), networks as (
    delete from attempt_networks n using old where n.statement_id = old.statement_id and n.id = old.id
)
select statement_id, id, name, language, officer_email, state, campaign_id from old;

-- name: list_given(statement_id, ids)
-- The consents in force of some endorsements or submissions: of each purpose the last line, where it gives.
select * from (
    select distinct on (c.subject_id, t.purpose) c.subject_id, c.subject_key, c.text_id, c.act, t.purpose
    from consents c join consent_texts t on t.statement_id = c.statement_id and t.id = c.text_id
    where c.statement_id = :statement_id and c.subject_id = any (:ids::uuid[])
    order by c.subject_id, t.purpose, c.given_at desc, c.id desc
) as last where act = 'given';

-- name: note_consents(statement_id, ids, subject_ids, subject_keys, text_ids, acts, via)!
-- Lines for the ledger, as `my.note_consents`.
insert into consents (statement_id, id, subject_id, subject_key, text_id, act, via, given_at)
select :statement_id, line.*, :via, clock_timestamp()
from unnest(:ids::uuid[], :subject_ids::uuid[], :subject_keys::bytea[], :text_ids::uuid[], :acts::text[]) as line;

-- name: forget_officers(event_ids)
-- Whose time is over: of an anonymised statement all, else 30 days after it was declined, withdrawn, replaced or expired.
-- As many as there are ids; a row for each statement. Organisations, public facts and counts stay.
with due as (
    select statement_id, id, row_number() over () as nth from (
        select e.statement_id, e.id
        from endorsements e
        where e.erased_at is null and (e.statement_id, e.id) in (
            (select o.statement_id, o.id from endorsements o
             where o.erased_at is null and o.state <> 'pending' and o.ended_at < now() - interval '30 days'
             limit cardinality(:event_ids::uuid[]))
            union all
            (select o.statement_id, o.id from statements s join endorsements o on o.statement_id = s.id
             where s.anonymised_at is not null and o.erased_at is null and o.state <> 'pending'
             limit cardinality(:event_ids::uuid[])))
        limit cardinality(:event_ids::uuid[])
        for update of e skip locked
    ) as free
), gone as (
    update endorsements e
    set address_key = null, officer_name = null, officer_role = null, officer_email = null, officer_phone = null,
        second_key = null, second_name = null, second_role = null, second_email = null, second_refused_keys = '{}',
        mail_consent = false, minutes = null, motion = '', note = '', question = '', reason = '', source = null,
        erased_at = now()
    from due where e.statement_id = due.statement_id and e.id = due.id
    returning e.statement_id, e.id, due.nth
), noted as (
    insert into endorsement_events (statement_id, id, endorsement_id, act)
    select statement_id, (:event_ids::uuid[])[nth], id, 'erased' from gone
), origins as (
    delete from attempt_origins o using gone where o.statement_id = gone.statement_id and o.id = gone.id
), networks as (
    delete from attempt_networks n using gone where n.statement_id = gone.statement_id and n.id = gone.id
)
select gone.statement_id, s.campaign_id, count(*)::integer as erased
from gone join statements s on s.id = gone.statement_id
group by 1, 2;
