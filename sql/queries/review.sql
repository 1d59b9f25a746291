-- The review of endorsements by organisers: the queue, what they decide, and what ends by date. Pending ones are nobody's
-- business but their officer's.

-- name: list_queue(campaign, statement_id, states)
-- The one that has waited longest first.
select e.statement_id, e.id, e.state, e.via, e.confirmed_at, e.reviewed_at, e.accepted_at, e.ended_at, e.expires_on,
       e.name, e.kind, e.parent, e.region, e.code, e.decided, e.met_on, e.replaces_id, e.organisation_id,
       o.name as organisation, e.second_confirmed_at is not null as second_confirmed, e.minutes is not null as has_minutes,
       e.two_officers, e.minutes_seen, e.featured, e.place, e.changed_at, e.erased_at, s.slug as statement, s.campaign_slug as campaign
from endorsements e
join statements_now s on s.id = e.statement_id
left join organisations o on o.id = e.organisation_id
where e.state = any (:states::text[]) and e.state <> 'pending'
  and (:campaign::text is null or s.campaign_slug = :campaign)
  and (:statement_id::uuid is null or e.statement_id = :statement_id)
order by e.confirmed_at, e.id;

-- name: list_page(statement_id, states, kind, proof, most, skip)
-- A page of one statement's queue at the desk, as `find` has each, with whom else the body gave one: what waits longest
-- first; of what is decided, the last decision first. `proof`: minutes, second or none. `found`: how many on all pages.
select e.*, o.name as organisation, s.slug as statement, s.title, s.campaign_id, s.campaign_slug as campaign, s.is_open,
       s.anonymised_at, coalesce(b.state = 'accepted', false) as old_stands, count(*) over ()::integer as found
from endorsements e
join statements_now s on s.id = e.statement_id
left join organisations o on o.id = e.organisation_id
left join endorsements b on b.statement_id = e.statement_id and b.id = e.replaces_id
where e.statement_id = :statement_id and e.state = any (:states::text[]) and e.state <> 'pending'
  and (:kind::text is null or e.kind = :kind)
  and (:proof::text is null
       or :proof = 'minutes' and e.minutes is not null
       or :proof = 'second' and e.second_confirmed_at is not null
       or :proof = 'none' and e.minutes is null and e.second_confirmed_at is null)
order by case when e.state in ('accepted', 'declined') then e.reviewed_at
              when e.state in ('withdrawn', 'expired', 'replaced') then e.ended_at end desc nulls first,
         e.confirmed_at, e.id
limit :most offset :skip;

-- name: list_of_body(statement_id, id, organisation_ids)
-- What these bodies gave before, beside endorsement `id`: the newest first.
select e.id, e.state, e.confirmed_at, e.accepted_at, e.ended_at, e.decided, e.met_on, o.name as organisation
from endorsements e join organisations o on o.id = e.organisation_id
where e.statement_id = :statement_id and e.id <> :id and e.state <> 'pending'
  and e.organisation_id = any (:organisation_ids::uuid[])
order by e.confirmed_at desc, e.id limit 50;

-- name: list_ending(ending)
-- Whose id ends so, two at most.
select statement_id, id from endorsements
where state <> 'pending' and right(replace(id::text, '-', ''), length(:ending)) = :ending
limit 2;

-- name: find(statement_id, id)^
-- `old_stands`: what it corrects or renews is public; `took_place`: it was accepted in the place of that.
select e.*, o.name as organisation, s.slug as statement, s.title, s.campaign_id, s.campaign_slug as campaign,
       s.is_open, s.anonymised_at,
       coalesce(b.state = 'accepted', false) as old_stands,
       coalesce(b.state = 'replaced' and b.ended_at = e.accepted_at, false) as took_place
from endorsements e
join statements_now s on s.id = e.statement_id
left join organisations o on o.id = e.organisation_id
left join endorsements b on b.statement_id = e.statement_id and b.id = e.replaces_id
where e.statement_id = :statement_id and e.id = :id and e.state <> 'pending';

-- name: hold(statement_id, id, organisation_id)
-- Nobody else moves it, nor the one that it corrects, nor by what the organisation endorses now, until the transaction ends.
-- By id, and all of them before any changes: so does whoever withdraws, corrects or erases, and none waits for another.
select id from endorsements
where statement_id = :statement_id
  and (id in (:id, (select replaces_id from endorsements where statement_id = :statement_id and id = :id))
       or state = 'accepted' and organisation_id = :organisation_id)
order by id
for update;

-- name: list_events(statement_id, endorsement_id)
select act, actor, fields, happened_at from endorsement_events
where statement_id = :statement_id and endorsement_id = :endorsement_id
order by happened_at, id;

-- name: list_standing(statement_id, organisation_ids)
-- Which of these bodies endorse this statement now.
select organisation_id, id from counting_endorsements
where statement_id = :statement_id and organisation_id = any (:organisation_ids::uuid[]);

-- name: give_way(statement_id, id, replaces_id, organisation_id, event_id, actor)^
-- What stands gives way to endorsement `id`: the one that it corrects, or (where an organiser renews) the body's.
-- No row: neither stands any more.
with gone as (
    update endorsements set state = 'replaced', ended_at = now(), mail_consent = false, logo_consent = false
    where statement_id = :statement_id and id <> :id and state = 'accepted'
      and (id = :replaces_id or organisation_id = :organisation_id)
    returning *
), noted as (
    insert into endorsement_events (statement_id, id, endorsement_id, act, actor)
    select statement_id, :event_id, id, 'replaced', :actor from gone
)
select * from gone;

-- name: set_since(statement_id, id, since, field)$
-- Whether an organiser has set this of an accepted one after that moment.
select exists (
    select from endorsement_events
    where statement_id = :statement_id and endorsement_id = :id and act = 'changed' and actor <> ''
      and :field = any (fields) and happened_at > :since);

-- name: is_over(day)$
-- As the job that ends endorsements judges it.
select :day::date <= current_date;

-- name: accept(statement_id, id, organisation_id, gone_id, gone_version, two_officers, minutes_seen, featured, place, wording, expires_on, told_at, event_id, actor)^
-- Public from now on. No row: its state is another one; two officers are ticked and the second has not confirmed; nobody has
-- confirmed it but an import, which is for those whose minutes were seen; it would be over already; or the statement's count stands: after its end (and the day that letters have then, as `confirm`) only
-- what was confirmed before it, until it is archived, and what takes the place of `gone_id`; nothing once it is anonymised.
-- The key one_standing_endorsement refuses a second one of the body. It counts where none gave way to it; of another
-- version of the text than that, both change.
with allowed as (
    select e.statement_id, e.id
    from endorsements e join statements_now s on s.id = e.statement_id
    where e.statement_id = :statement_id and e.id = :id and e.state in ('confirmed', 'questioned', 'declined')
      and (not :two_officers or e.second_confirmed_at is not null)
      and (:minutes_seen or e.confirmed_by is distinct from 'import')
      and (not s.is_open or :expires_on::date is null or :expires_on > current_date)
      and s.anonymised_at is null
      and (s.is_open or :gone_id::uuid is not null
           or s.state <> 'archived' and e.confirmed_at <= s.ended_at + interval '24 hours')
), accepted as (
    update endorsements e
    set state = 'accepted', organisation_id = :organisation_id, replaces_id = coalesce(:gone_id, e.replaces_id),
        two_officers = :two_officers, minutes_seen = :minutes_seen, featured = :featured, place = :place, wording = :wording,
        expires_on = :expires_on, told_at = :told_at, reviewed_at = now(), accepted_at = now(), ended_at = null, reason = ''
    from allowed a where e.statement_id = a.statement_id and e.id = a.id
    returning e.*
), queued as (
    insert into tally_queue (statement_id, what, delta, version, subject_id, cause)
    select statement_id, 'organisations', 1, version, id, 'accept'
    from accepted where version is distinct from :gone_version::integer
    union all
    select statement_id, 'organisations', -1, :gone_version, :gone_id, 'replace'
    from accepted where version <> :gone_version
), noted as (
    insert into endorsement_events (statement_id, id, endorsement_id, act, actor)
    select statement_id, :event_id, id, 'accepted', :actor from accepted
)
select * from accepted;

-- name: ask(statement_id, id, question, event_id, actor)^
-- No row: it does not wait, or no officer's address is left to ask.
with asked as (
    update endorsements set state = 'questioned', question = :question, reviewed_at = now()
    where statement_id = :statement_id and id = :id and state in ('confirmed', 'questioned') and officer_email is not null
    returning *
), noted as (
    insert into endorsement_events (statement_id, id, endorsement_id, act, actor)
    select statement_id, :event_id, id, 'questioned', :actor from asked
)
select * from asked;

-- name: decline(statement_id, id, read, reason, event_id, actor)^
-- `read`: its changed_at when it was read. No row: it does not wait, or its officer has corrected it since.
with declined as (
    update endorsements set state = 'declined', reason = :reason, reviewed_at = now(), ended_at = now(),
        mail_consent = false, logo_consent = false
    where statement_id = :statement_id and id = :id and state in ('confirmed', 'questioned')
      and changed_at is not distinct from :read::timestamptz
    returning *
), noted as (
    insert into endorsement_events (statement_id, id, endorsement_id, act, actor)
    select statement_id, :event_id, id, 'declined', :actor from declined
)
select * from declined;

-- name: change(statement_id, id, wording, featured, place, expires_on, two_officers, minutes_seen, event_id, actor, fields)^
-- Another last day is told anew. No row: it neither waits nor stands, or as above.
with changed as (
    update endorsements
    set wording = :wording, featured = :featured, place = :place, two_officers = :two_officers, minutes_seen = :minutes_seen,
        told_at = case when expires_on is not distinct from :expires_on then told_at end, expires_on = :expires_on
    where statement_id = :statement_id and id = :id and state in ('confirmed', 'questioned', 'accepted')
      and (not :two_officers or second_confirmed_at is not null)
      and (:minutes_seen or confirmed_by is distinct from 'import')
    returning *
), noted as (
    insert into endorsement_events (statement_id, id, endorsement_id, act, actor, fields)
    select statement_id, :event_id, id, 'changed', :actor, :fields from changed where state = 'accepted'
)
select * from changed;

-- name: expire(event_ids)
-- As many as there are ids, with what their officers agreed to for as long as they stood. Those that somebody moves just now come next time; those of a closed statement stay, as its
-- count does.
with due as (
    select statement_id, id, row_number() over () as nth from (
        select e.statement_id, e.id
        from endorsements e join statements_now s on s.id = e.statement_id
        where e.state = 'accepted' and e.expires_on <= current_date and s.is_open
        order by e.expires_on
        limit cardinality(:event_ids::uuid[])
        for update of e skip locked
    ) as free
), gone as (
    update endorsements e set state = 'expired', ended_at = now(), mail_consent = false, logo_consent = false
    from due where e.statement_id = due.statement_id and e.id = due.id
    returning e.statement_id, e.id, e.version, due.nth
), queued as (
    insert into tally_queue (statement_id, what, delta, version, subject_id, cause)
    select statement_id, 'organisations', -1, version, id, 'expire' from gone
), noted as (
    insert into endorsement_events (statement_id, id, endorsement_id, act)
    select statement_id, (:event_ids::uuid[])[nth], id, 'expired' from gone
)
select statement_id, id from gone;

-- name: tell_expiring(days)
-- Whose officers are to be told now that it ends within so many days, once for each last day; none that is being renewed.
update endorsements e set told_at = now()
from statements_now s
where s.id = e.statement_id and s.is_open and e.state = 'accepted' and e.told_at is null and e.officer_email is not null
  and e.expires_on > current_date and e.expires_on <= current_date + :days::integer
  and not exists (
      select from endorsements n where n.statement_id = e.statement_id and n.replaces_id = e.id
      and n.state in ('confirmed', 'questioned'))
returning e.statement_id, e.id, e.address_key, e.language, e.expires_on, s.campaign_id;

-- name: tell_waiting()
-- Campaigns to be told that endorsements wait: something came since they were told last, and that was a day ago.
with news as (
    select 'endorsements waiting ' || c.id as name, c.id, c.language
    from campaigns c left join facts f on f.name = 'endorsements waiting ' || c.id
    where c.contact_email <> '' and not c.demonstration
      and (f.value is null or f.value::timestamptz <= now() - interval '1 day')
      and exists (
          select from endorsements e join statements s on s.id = e.statement_id
          where s.campaign_id = c.id and e.state = 'confirmed'
            and (f.value is null or e.confirmed_at > f.value::timestamptz or exists (
                select from endorsement_events v
                where v.statement_id = e.statement_id and v.endorsement_id = e.id
                  and v.act = 'answered' and v.happened_at > f.value::timestamptz)))
), noted as (
    insert into facts as f (name, value) select name, now()::text from news
    on conflict (name) do update set value = excluded.value
    where f.value::timestamptz <= now() - interval '1 day'
    returning f.name
)
select news.id, news.language from news join noted using (name);

-- name: list_waiting(campaign_id)
-- How many wait, and since when, of each statement.
select s.title, s.slug, count(*)::integer as waiting, min(e.confirmed_at) as since
from endorsements e join statements_now s on s.id = e.statement_id
where s.campaign_id = :campaign_id and e.state = 'confirmed'
group by s.id, s.title, s.slug
order by min(e.confirmed_at);

-- name: find_campaign(id)^
select * from campaigns where id = :id;

-- name: count_waiting(campaign_id)
-- How many endorsements of each statement wait for a decision, and since when.
select e.statement_id, count(*)::integer as waiting, min(e.confirmed_at) as since
from endorsements e join statements s on s.id = e.statement_id
where s.campaign_id = :campaign_id and e.state = 'confirmed'
group by e.statement_id;
