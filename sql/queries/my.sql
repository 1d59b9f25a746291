-- My signature: everything held for one address, over all statements.
-- An address is always looked for statement by statement, so that the partial indexes serve.

-- name: make_link(address_key, id)!
-- The one good link of an address; a newer one replaces it.
insert into my_links (address_key, id) values (:address_key, :id)
on conflict (address_key) do update set id = excluded.id, made_at = now();

-- name: renew_link(id)!
-- The letter was handed over: its hour begins now, however long it had waited.
update my_links set made_at = now() where id = :id;

-- name: stands_link(id)$
-- Is this still the newest link of its address?
select exists (select from my_links where id = :id);

-- name: find_link(id)^
-- Whose link it is; no row: a newer one was made, everything was erased, or its hour is over.
select address_key from my_links where id = :id and made_at > now() - interval '1 hour';

-- name: forget(address_key)$
-- The link dies when nothing is left to see, and with it a letter put off; gives whether nothing is left.
with held as (
    select from statements s cross join lateral (
        select from signatures g where g.statement_id = s.id and g.address_key = :address_key
          and g.state in ('confirmed', 'held', 'invalidated')
        union all
        select from signatures g where g.statement_id = s.id and g.address_key = :address_key
          and g.state = 'pending'
        union all
        select from signatures g where g.statement_id = s.id and g.address_key = :address_key
          and g.state in ('withdrawn', 'superseded')
        union all
        select from endorsements e where e.statement_id = s.id and e.address_key = :address_key
        union all
        select from endorsements e where e.statement_id = s.id and e.second_key = :address_key
        union all
        select from submissions g where g.statement_id = s.id and g.address_key = :address_key
    ) as one
    limit 1
), links as (
    delete from my_links where address_key = :address_key and not exists (select from held)
), letters as (
    delete from outbox where id in (
        select id from outbox
        where address_key = :address_key and state = 'deferred' and claimed_until is null
          and not exists (select from held)
        for update skip locked)
)
select not exists (select from held);

-- name: list_held(address_key)
-- Every signature and waiting attempt of an address, newest first, with what may still be done to it.
select held.*,
       v.title as signed_title,
       held.state = 'confirmed' and s.is_open as can_withdraw,
       held.state = 'withdrawn' and held.withdrawn_at > now() - interval '7 days' as can_restore,
       held.state = 'confirmed' and s.is_open and held.version < s.version as can_reconsent,
       held.state in ('confirmed', 'held') as can_change,
       held.withdrawn_at + interval '7 days' as undo_until,
       (select c.state from comments c where c.statement_id = held.statement_id and c.id = held.id) as comment_state
from statements_now s
cross join lateral (
    select g.* from signatures g where g.statement_id = s.id and g.address_key = :address_key
      and g.state in ('confirmed', 'held', 'invalidated')
    union all
    select g.* from signatures g where g.statement_id = s.id and g.address_key = :address_key
      and g.state = 'pending'
    union all
    select g.* from signatures g where g.statement_id = s.id and g.address_key = :address_key
      and g.state in ('withdrawn', 'superseded')
) as held
join versions v on v.statement_id = held.statement_id and v.number = held.version
order by held.created_at desc, held.id desc;

-- name: find_withdrawn(statement_id, id)^
-- A withdrawn signature that can still be restored, for its notice.
select email, address_key, language, withdrawn_at + interval '7 days' as undo_until
from signatures
where statement_id = :statement_id and id = :id and state = 'withdrawn' and address_key is not null;

-- name: list_statements(ids)
-- The statements of those signatures.
select * from statements_now where id = any (:ids::uuid[]);

-- name: list_consents(statement_ids, ids)
-- The ledger of some signatures with its exact words; an attempt's are not in the ledger yet.
select c.statement_id, c.subject_id as signature_id, t.id, t.purpose, t.wording, t.version, t.language,
       c.act, c.via, c.given_at as "when", c.confirmed_at
from unnest(:statement_ids::uuid[], :ids::uuid[]) as wanted (statement_id, id)
join consents c on c.statement_id = wanted.statement_id and c.subject_id = wanted.id
join consent_texts t on t.statement_id = c.statement_id and t.id = c.text_id
union all
select g.statement_id, g.id, t.id, t.purpose, t.wording, t.version, t.language,
       'given', 'form', g.created_at, null
from unnest(:statement_ids::uuid[], :ids::uuid[]) as wanted (statement_id, id)
join signatures g on g.statement_id = wanted.statement_id and g.id = wanted.id
join consent_texts t on t.statement_id = g.statement_id and t.id = any (g.consent_ids)
where g.state in ('pending', 'superseded')
order by 10, 4;

-- name: list_events(statement_ids, ids)
-- What happened to some signatures after they were confirmed.
select e.statement_id, e.signature_id, e.act, e.fields, e.from_version, e.to_version, e.happened_at, e.actor,
       coalesce(nullif(e.reason, ''), i.reason, '') as reason
from unnest(:statement_ids::uuid[], :ids::uuid[]) as wanted (statement_id, id)
join signature_events e on e.statement_id = wanted.statement_id and e.signature_id = wanted.id
left join invalidations i on i.statement_id = e.statement_id and i.id = e.cause_id
order by e.happened_at, e.id;

-- name: list_origins(statement_ids, ids)
-- The internet addresses they came from, or what is kept of them. Not of attempts nobody confirmed: somebody else
-- may have typed the address.
with wanted as (
    select g.statement_id, g.id
    from unnest(:statement_ids::uuid[], :ids::uuid[]) as named (statement_id, id)
    join signatures g on g.statement_id = named.statement_id and g.id = named.id
    where g.state not in ('pending', 'superseded')
)
select o.statement_id, o.id, o.day, host(o.ip) as origin
from wanted join attempt_origins o on o.statement_id = wanted.statement_id and o.id = wanted.id
union all
select n.statement_id, n.id, n.day, n.network::text
from wanted join attempt_networks n on n.statement_id = wanted.statement_id and n.id = wanted.id
order by 3;

-- name: list_unwanted(address_key)
-- Which letters the address does not want.
select p.scope, c.slug as campaign, p.created_at
from suppressions p left join campaigns c on c.id = p.campaign_id
where p.address_key = :address_key order by p.created_at;

-- name: list_letters(address_key)
-- When letters went to the address lately, as the caps remember it.
select purpose, unnest(taken) as sent_at from letter_caps where address_key = :address_key order by 2;

-- name: take(statement_id, id, address_key)^
-- One signature of this address, held by the caller's transaction. No row: not theirs, or erased.
select g.*, s.campaign_id, s.is_open
from signatures g join statements_now s on s.id = g.statement_id
where g.statement_id = :statement_id and g.id = :id and g.address_key = :address_key
for update of g;

-- name: change(statement_id, id, event_id, name, answers, display, display_union, display_comment, mail_consent, partner_consents, fields)!
-- What is shown and allowed, of a row that the caller has taken. Where the place changes, the count
-- of areas moves with it, so that areas and total never disagree.
with old as (
    select * from signatures where statement_id = :statement_id and id = :id and state in ('confirmed', 'held')
), changed as (
    update signatures g
    set name = :name, answers = :answers, display = :display, display_union = :display_union,
        display_comment = :display_comment, mail_consent = :mail_consent, partner_consents = :partner_consents
    from old where g.statement_id = old.statement_id and g.id = old.id
    returning g.statement_id, g.id, g.state, g.version, g.source,
              area_of(old.answers) as from_area, area_of(g.answers) as to_area
), moved as (
    insert into tally_queue (statement_id, what, delta, version, subject_id, area, source, cause)
    select statement_id, 'people', step.delta, version, id, step.area, source, 'change'
    from changed cross join lateral (values (-1, from_area), (1, to_area)) as step (delta, area)
    where state = 'confirmed' and from_area is distinct from to_area
)
insert into signature_events (statement_id, id, signature_id, act, fields)
select statement_id, :event_id, id, 'changed', :fields from changed;

-- name: list_given(statement_ids, ids)
-- The consents in force of some signatures: of each purpose the last line, where it gives.
select * from (
    select distinct on (c.statement_id, c.subject_id, t.purpose)
           c.statement_id, c.subject_id as signature_id, c.subject_key, c.text_id, c.act, t.purpose, t.wording
    from unnest(:statement_ids::uuid[], :ids::uuid[]) as wanted (statement_id, id)
    join consents c on c.statement_id = wanted.statement_id and c.subject_id = wanted.id
    join consent_texts t on t.statement_id = c.statement_id and t.id = c.text_id
    order by c.statement_id, c.subject_id, t.purpose, c.given_at desc, c.id desc
) as last where act = 'given';

-- name: list_signing(statement_id, signature_id)
-- The last line of the act of signing itself.
select c.statement_id, c.subject_id as signature_id, c.subject_key, c.text_id
from consents c join consent_texts t on t.statement_id = c.statement_id and t.id = c.text_id
where c.statement_id = :statement_id and c.subject_id = :signature_id and t.purpose = 'sign'
order by c.given_at desc, c.id desc limit 1;

-- name: note_consents(statement_ids, ids, signature_ids, subject_keys, text_ids, acts)!
-- Lines for the ledger: said here, by somebody who had the letter's link. Not now(): a transaction that
-- waited for another's must not date its line before that one's.
insert into consents (statement_id, id, subject_id, subject_key, text_id, act, via, given_at)
select line.*, 'my signature', clock_timestamp()
from unnest(:statement_ids::uuid[], :ids::uuid[], :signature_ids::uuid[], :subject_keys::bytea[],
            :text_ids::uuid[], :acts::text[]) as line;

-- name: withdraw(statement_id, id, event_id)$
-- Confirmed becomes withdrawn while the statement is open, with its line for the tally, of a row that the
-- caller has taken; gives whether it did.
with gone as (
    update signatures g set state = 'withdrawn', withdrawn_at = now()
    from statements_now s
    where g.statement_id = :statement_id and g.id = :id and g.state = 'confirmed'
      and s.id = g.statement_id and s.is_open
    returning g.statement_id, g.id, g.version, g.answers, g.source
), counted as (
    insert into tally_queue (statement_id, what, delta, version, subject_id, area, source, cause)
    select statement_id, 'people', -1, version, id, area_of(answers), source, 'withdraw' from gone
), noted as (
    insert into signature_events (statement_id, id, signature_id, act)
    select statement_id, :event_id, id, 'withdrew' from gone
)
select exists (select from gone);

-- name: restore(statement_id, id, event_id)$
-- Withdrawn becomes confirmed again within seven days, with its old number; as `withdraw`. The key
-- one_standing_signature refuses where the address has signed again.
with back as (
    update signatures g set state = 'confirmed', withdrawn_at = null
    where g.statement_id = :statement_id and g.id = :id
      and g.state = 'withdrawn' and g.withdrawn_at > now() - interval '7 days'
    returning g.statement_id, g.id, g.version, g.answers, g.source
), counted as (
    insert into tally_queue (statement_id, what, delta, version, subject_id, area, source, cause)
    select statement_id, 'people', 1, version, id, area_of(answers), source, 'restore' from back
), noted as (
    insert into signature_events (statement_id, id, signature_id, act)
    select statement_id, :event_id, id, 'restored' from back
)
select exists (select from back);

-- name: delete_attempts(statement_id, address_key)$
-- Attempts of an address that nobody confirmed, with their letters and origins.
with gone as (
    delete from signatures
    where statement_id = :statement_id and state in ('pending', 'superseded') and id = any (array(
        select id from signatures
        where statement_id = :statement_id and address_key = :address_key and state = 'pending'
        union all
        select id from signatures
        where statement_id = :statement_id and address_key = :address_key and state = 'superseded'))
    returning statement_id, id
), letters as (
    delete from outbox where id in (
        select o.id from outbox o join gone on o.subject_id = gone.id
        where o.state = 'waiting' and o.claimed_until is null
          and jsonb_array_length(coalesce(o.details -> 'attempts', '[]')) <= 1
        for update of o skip locked)
), origins as (
    delete from attempt_origins o using gone where o.statement_id = gone.statement_id and o.id = gone.id
), networks as (
    delete from attempt_networks n using gone where n.statement_id = gone.statement_id and n.id = gone.id
)
select count(*) from gone;

-- name: erase(statement_ids, ids, event_ids)$
-- Personal columns and key become null, the row stays as a tombstone (privacy.md 6): while the
-- statement is open the count goes down by one; after closing a counted signature stays counted.
-- The rows are taken by the caller's transaction.
with old as (
    select g.*, s.is_open, wanted.event_id
    from unnest(:statement_ids::uuid[], :ids::uuid[], :event_ids::uuid[]) as wanted (statement_id, id, event_id)
    join signatures g on g.statement_id = wanted.statement_id and g.id = wanted.id
    join statements_now s on s.id = g.statement_id
    where g.erased_at is null and g.state not in ('pending', 'superseded')
), gone as (
    update signatures g
    set state = case when old.state = 'confirmed' and not old.is_open then 'confirmed' else 'withdrawn' end,
        withdrawn_at = case when old.state = 'confirmed' and not old.is_open then null
                            else date_trunc('hour', coalesce(old.withdrawn_at, now())) end,
        created_at = date_trunc('hour', old.created_at), confirmed_at = date_trunc('hour', old.confirmed_at),
        asked_at = date_trunc('hour', old.asked_at), letter_at = null, opened_at = null,
        erased_at = date_trunc('hour', now()),
        address_key = null, name = null, email = null, answers = null, partner_consents = null, source = null,
        fingerprint = null, consent_ids = null,
        display = 'hidden', display_union = false, display_comment = false, mail_consent = false
    from old where g.statement_id = old.statement_id and g.id = old.id
    returning g.statement_id, g.id
), counted as (
    insert into tally_queue (statement_id, what, delta, version, subject_id, area, source, cause)
    select statement_id, 'people', -1, version, id, area_of(answers), source, 'erase'
    from old where state = 'confirmed' and is_open
), noted as (
    insert into signature_events (statement_id, id, signature_id, act, happened_at)
    select statement_id, event_id, id, 'erased', date_trunc('hour', now()) from old
), letters as (
    delete from outbox where id in (
        select o.id from outbox o join old on o.subject_id = old.id
        where o.state = 'waiting' and o.claimed_until is null
          and jsonb_array_length(coalesce(o.details -> 'attempts', '[]')) <= 1
        for update of o skip locked)
), origins as (
    delete from attempt_origins o using old where o.statement_id = old.statement_id and o.id = old.id
), networks as (
    delete from attempt_networks n using old where n.statement_id = old.statement_id and n.id = old.id
)
select count(*) from gone;

-- name: take_withdrawn(most)
-- Signatures whose week to undo the withdrawal is over.
select g.statement_id, g.id
from statements s join signatures g on g.statement_id = s.id
where g.state = 'withdrawn' and g.address_key is not null and g.withdrawn_at < now() - interval '7 days'
limit :most for update of g skip locked;
