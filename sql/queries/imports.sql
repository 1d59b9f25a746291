-- Imports: lists of endorsements that a campaign kept elsewhere.

-- name: list_known(statement_id)
-- What waits for its officer or in the queue, to find the same body by; the queue's last, which go before. `asked`: a
-- letter went to its officer, or waits. What a form claimed and nobody confirmed stays unseen.
select e.id, e.name, e.code, e.parent, e.region, e.state, e.fingerprint, e.address_key,
       e.letters > 0 or exists (select from outbox o where o.subject_id = e.id and o.kind = 'endorsement'
                                and o.state in ('waiting', 'deferred')) as asked
from endorsements e
where e.statement_id = :statement_id
  and (e.state in ('confirmed', 'questioned') or e.state = 'pending' and e.via = 'import')
order by e.state <> 'pending', e.id;

-- name: give_way(statement_id, id)$
-- An imported row that still waits for its officer goes, for another of the same id takes its place.
delete from endorsements where statement_id = :statement_id and id = :id and state = 'pending' and via = 'import'
returning id;

-- name: find(statement_id, id)^
select accepted_at from endorsements where statement_id = :statement_id and id = :id;

-- name: add(statement_id, version, claim)^
-- One claim from a file: pending, or confirmed where the campaign has seen the minutes. No letter is asked for. `claim`:
-- its columns. No row: the statement is not open for this version of its text, or this very claim waits already.
with added as (
insert into endorsements (statement_id, id, version, via, state, confirmed_by, confirmed_at, fingerprint, language,
                          name, kind, parent, region, code, area, web_address, members, members_on, members_source,
                          decided, met_on, met_how, present, quorum, votes_for, votes_against, abstained, motion,
                          wording, wants, note, import_source, import_consent,
                          address_key, key_version, officer_name, officer_role, officer_email, officer_phone,
                          second_key, second_name, second_role, second_email, consent_ids)
select s.id, c.id, s.version, 'import', c.state, c.confirmed_by, case c.state when 'confirmed' then now() end,
       c.fingerprint, c.language,
       c.name, c.kind, c.parent, c.region, c.code, c.area, c.web_address, c.members, c.members_on, c.members_source,
       c.decided, c.met_on, c.met_how, c.present, c.quorum, c.votes_for, c.votes_against, c.abstained, c.motion,
       c.wording, c.wants, c.note, c.import_source, c.import_consent,
       c.address_key, c.key_version, c.officer_name, c.officer_role, c.officer_email, c.officer_phone,
       c.second_key, c.second_name, c.second_role, c.second_email, c.consent_ids
from jsonb_populate_record(null::endorsements, :claim) c
join statements s on s.id = :statement_id and s.version = :version
    and s.state = 'open' and (s.closes_at is null or s.closes_at > now())
on conflict (statement_id, fingerprint) where state = 'pending' do nothing
returning *
)
select a.*, s.campaign_id from added a join statements s on s.id = a.statement_id;

-- name: note_confirmed(statement_id, id, endorsement_id, actor)!
-- Whoever imports vouches for it: the campaign has seen the minutes.
insert into endorsement_events (statement_id, id, endorsement_id, act, actor)
values (:statement_id, :id, :endorsement_id, 'confirmed', :actor);

-- name: ask_officers(statement_id, ids, letter_ids)
-- The first letter to the officers of imported claims; not where one went or waits.
with asked as (
    update endorsements e set asked_at = now()
    from unnest(:ids::uuid[], :letter_ids::uuid[]) as given (id, letter_id)
    where e.statement_id = :statement_id and e.id = given.id and e.state = 'pending' and e.via = 'import'
      and e.address_key is not null and e.letters = 0
      and not exists (select from outbox o where o.subject_id = e.id and o.kind = 'endorsement'
                      and o.state in ('waiting', 'deferred'))
    returning e.statement_id, e.id, e.address_key, e.language, given.letter_id
)
insert into outbox (id, kind, priority, campaign_id, statement_id, subject_id, address_key, language)
select a.letter_id, 'endorsement', 5, s.campaign_id, a.statement_id, a.id, a.address_key, a.language
from asked a join statements s on s.id = a.statement_id
returning subject_id;
