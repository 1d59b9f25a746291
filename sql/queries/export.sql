-- Exports: lists that an organiser takes.

-- name: signatories(statement_id, since, until, source, area, mail, display)
-- Every column that an export may have; storage/copy.py takes those that the statement allows, and disarms what people
-- typed where the kind of file needs it. The e-mail address only where letters were agreed to (`mail`: this campaign's,
-- `partners`: those of the partners named, by their keys) and not stopped since: who stopped this campaign's letters must not be written to from a list either. Times in UTC.
-- Null filters: everybody; `mail`: true for those alone who may be written to.
with stopped as (
    select distinct p.address_key from suppressions p
    where p.scope = 'bulk'
       or p.campaign_id = (select campaign_id from statements where id = :statement_id)
), signed as (
    select g.*, g.mail_consent and stopped.address_key is null as may_mail,
           case when stopped.address_key is null then g.partner_consents end as partners
    from counting_signatures g left join stopped using (address_key)
    where g.statement_id = :statement_id and g.number is not null and g.erased_at is null
      and (:since::timestamptz is null or g.confirmed_at >= :since::timestamptz)
      and (:until::timestamptz is null or g.confirmed_at < :until::timestamptz)
      and (:source::text is null or coalesce(g.source, '') = :source::text)
      and (:area::text is null or coalesce(area_of(g.answers), '') = :area::text)
      and (:display::text is null or g.display = :display::text)
      and (:mail::boolean is null or g.mail_consent and stopped.address_key is null)
)
select number, name,
       case when may_mail or partners is not null then email end as email,
       (confirmed_at at time zone 'UTC')::timestamp(0) as confirmed_at, version, answers, display,
       case when may_mail then 'yes' else 'no' end as mail,
       array_to_string(partners, ' ') as partners, source
from signed
order by number;

-- name: endorsements(statement_id, accepted_only, of_kind)
-- Of one kind or (null) of every. The public ones or all, but never a form's claim that nobody confirmed. Of the body what the organisation says, before
-- it is accepted what was claimed. `mail`: letters about the campaign, as above; an address stands there without it, for
-- the officer agreed to letters about the endorsement, but not where it wants none of anybody's forms. What is personal is gone after the retention. Times in UTC.
with recursive stopped as (
    select distinct p.address_key from suppressions p
    where p.scope = 'bulk'
       or p.campaign_id = (select campaign_id from statements where id = :statement_id)
), tree as (
    select o.id, o.name, o.name as path from organisations o
    where o.parent_id is null and o.campaign_id = (select campaign_id from statements where id = :statement_id)
    union all
    select o.id, o.name, tree.path || ' ▸ ' || o.name from organisations o join tree on tree.id = o.parent_id
)
select coalesce(o.name, e.name) as name, coalesce(o.kind, e.kind) as kind,
       case when o.id is null then coalesce(nullif(e.region, ''), e.parent) else above.name end as parent,
       coalesce(o.code, e.code) as code,
       coalesce(tree.path, concat_ws(' ▸ ', nullif(e.parent, ''), nullif(e.region, ''), e.name)) as path,
       e.wording, p.level, e.state, e.version,
       e.decided, e.met_on, e.met_how, e.present, case e.quorum when true then 'yes' when false then 'no' end as quorum,
       e.votes_for, e.votes_against, e.abstained, e.motion,
       case when e.minutes is null then 'no' else 'yes' end as minutes, case when e.logo is null then 'no' else 'yes' end as logo,
       e.members, e.members_on, e.members_source, e.area, e.web_address,
       array_to_string(e.wants, ', ') as wants, case when e.erased_at is null then e.note end as note,
       e.officer_name, e.officer_role, case when officers.address_key is null then e.officer_email end as officer_email,
       e.officer_phone,
       case when e.mail_consent and e.state in ('confirmed', 'questioned', 'accepted') and e.officer_email is not null
                 and stopped.address_key is null then 'yes' else 'no' end as mail,
       e.second_name, e.second_role, case when seconds.address_key is null then e.second_email end as second_email,
       (e.confirmed_at at time zone 'UTC')::timestamp(0) as confirmed_at,
       (e.second_confirmed_at at time zone 'UTC')::timestamp(0) as second_confirmed_at,
       (e.accepted_at at time zone 'UTC')::timestamp(0) as accepted_at,
       (e.ended_at at time zone 'UTC')::timestamp(0) as ended_at,
       e.expires_on, e.via, e.import_source, e.import_consent, e.source
from endorsements e
left join organisations o on o.id = e.organisation_id
left join organisations above on above.id = o.parent_id
left join tree on tree.id = e.organisation_id
left join public_endorsements p on p.statement_id = e.statement_id and p.id = e.id
left join stopped on stopped.address_key = e.address_key
left join suppressions officers on officers.address_key = e.address_key and officers.scope = 'forms'
left join suppressions seconds on seconds.address_key = e.second_key and seconds.scope = 'forms'
where e.statement_id = :statement_id
  and (e.state = 'accepted' or not :accepted_only::boolean and (e.state <> 'pending' or e.via = 'import'))
  and (:of_kind::text is null or coalesce(o.kind, e.kind) = :of_kind::text)
order by lower(coalesce(tree.path, concat_ws(' ▸ ', nullif(e.parent, ''), nullif(e.region, ''), e.name))), e.id;

-- ── what happened since a list was taken

-- name: removals(statement_id, export_id)
-- Of the signatures that could be in the list: those to be mended in it, and how; never a name. `fields` names what else
-- was corrected. Who was erased by retention has no event, but the time in the row. A comment that stands in a hand-over
-- document may be declined, or not be shown any more, later. Two hours of margin, for a change may have begun before the list and been seen after it: times of
-- erasures are whole hours, and the longest job may take one. Too many do no harm: what is not in a list can't be struck.
with list as (
    select started_at - interval '2 hours' as since, last_number, list = 'handover' and 'comment' = any (fields) as comments
    from exports
    where statement_id = :statement_id and id = :export_id
), told as (
    select e.signature_id as id, max(e.happened_at) as happened_at, array_agg(distinct f.name) filter (where f.name is not null) as fields,
           bool_or(e.act = 'unlisted') as off, bool_or(e.act = 'reconsented') as renewed
    from signature_events e cross join list left join lateral unnest(e.fields) as f (name) on true
    where e.statement_id = :statement_id and e.happened_at >= list.since
    group by e.signature_id
), stopped as (
    select p.address_key, max(p.created_at) as happened_at from suppressions p, list
    where p.created_at >= list.since
      and (p.scope = 'bulk' or p.campaign_id = (select campaign_id from statements where id = :statement_id))
    group by p.address_key
), touched as (
    select g.number,
           greatest(told.happened_at, stopped.happened_at, declined.judged_at,
                    case when g.erased_at >= list.since then g.erased_at end) as happened_at,
           case when g.erased_at is not null then 'erased'
                when g.state <> 'confirmed' then g.state
                else concat_ws(', ',
                    case when told.off and g.unlisted then 'unlisted' end,
                    case when 'display' = any (told.fields) and g.display = 'hidden' then 'name hidden' end,
                    case when 'mail_consent' = any (told.fields) and not g.mail_consent
                           or stopped.address_key is not null and (g.mail_consent or g.partner_consents <> '{}')
                         then 'letters refused' end,
                    case when 'partner_consents' = any (told.fields) then 'partners changed' end,
                    case when declined.id is not null
                           or list.comments and 'display_comment' = any (told.fields) and not g.display_comment
                         then 'comment hidden' end,
                    case when told.renewed or told.fields <> '{}' and not told.fields
                              <@ array['display', 'display_union', 'display_comment', 'mail_consent', 'partner_consents']
                         then 'corrected' end) end as what,
           array_to_string(array(select f from unnest(told.fields) f where f not in
               ('display', 'display_union', 'display_comment', 'mail_consent', 'partner_consents')
               union all select 'version' where told.renewed order by 1), ' ') as fields
    from signatures g cross join list
    left join told on told.id = g.id left join stopped on stopped.address_key = g.address_key
    left join comments declined on list.comments and declined.statement_id = g.statement_id and declined.id = g.id
          and declined.state = 'declined' and declined.judged_at >= list.since
    where g.statement_id = :statement_id and g.number <= coalesce(list.last_number, g.number)
      and (told.id is not null or stopped.address_key is not null or declined.id is not null
           or g.erased_at >= list.since)
)
select number, what, nullif(fields, '') as fields, (happened_at at time zone 'UTC')::timestamp(0) as happened_at
from touched where what <> '' order by number;

-- name: body_removals(statement_id, export_id)
-- The same for a list of endorsements: of bodies, by what the list calls them.
with list as (
    select started_at - interval '2 hours' as since from exports where statement_id = :statement_id and id = :export_id
), told as (
    select e.endorsement_id as id, max(e.happened_at) as happened_at,
           array_agg(distinct f.name) filter (where f.name is not null) as fields,
           bool_or(e.act = 'erased') as erased, bool_or(e.act = 'second refused') as refused,
           bool_or(e.act = 'changed') as changed
    from endorsement_events e cross join list left join lateral unnest(e.fields) as f (name) on true
    where e.statement_id = :statement_id and e.happened_at >= list.since
      and e.act in ('withdrawn', 'expired', 'replaced', 'declined', 'changed', 'erased', 'second refused')
    group by e.endorsement_id
), stopped as (
    select p.address_key, max(p.created_at) as happened_at from suppressions p, list
    where p.created_at >= list.since and (p.scope in ('bulk', 'forms')
          or p.campaign_id = (select campaign_id from statements where id = :statement_id))
    group by p.address_key
), touched as (
    select coalesce(o.name, e.name) as name, coalesce(o.code, e.code) as code, coalesce(above.name, e.parent) as parent,
           greatest(told.happened_at, stopped.happened_at) as happened_at, e.id,
           concat_ws(', ',
               case when e.state in ('withdrawn', 'expired', 'replaced', 'declined') then e.state end,
               case when told.erased then 'officers erased' end,
               case when told.refused then 'second officer refused' end,
               case when stopped.address_key is not null and e.erased_at is null then 'letters refused' end,
               case when told.changed then 'corrected' end) as what,
           array_to_string(told.fields, ' ') as fields
    from endorsements e
    left join told on told.id = e.id
    left join stopped on stopped.address_key in (e.address_key, e.second_key)
    left join organisations o on o.id = e.organisation_id
    left join organisations above on above.id = o.parent_id
    where e.statement_id = :statement_id and e.state <> 'pending'
      and (told.id is not null or stopped.address_key is not null)
)
select name, code, parent, what, nullif(fields, '') as fields, (happened_at at time zone 'UTC')::timestamp(0) as happened_at
from touched where what <> '' order by lower(name), id;

-- ── the hand-over document

-- name: handover_counts(statement_id)
-- The counted signatures by the version that they were given to, and how each was proven; `erased`, `unlisted`: counted
-- and not named.
select g.version, v.title, count(*)::integer as people,
       count(*) filter (where g.confirmed_by = 'link')::integer as by_link,
       count(*) filter (where g.confirmed_by = 'button')::integer as by_button,
       count(*) filter (where g.confirmed_by = 'code')::integer as by_code,
       count(*) filter (where g.erased_at is not null)::integer as erased,
       count(*) filter (where g.erased_at is null and g.unlisted)::integer as unlisted,
       min(g.confirmed_at) as oldest, max(g.confirmed_at) as newest
from counting_signatures g join versions v on v.statement_id = g.statement_id and v.number = g.version
where g.statement_id = :statement_id and g.number is not null
group by g.version, v.title order by g.version desc;

-- name: handover_names(statement_id, version, after, most)
-- Who is named, in the order of the numbers, after this one. `approved`: an organiser has approved the comment.
select g.number, g.name, g.answers, c.state = 'approved' as approved
from counting_signatures g left join comments c on c.statement_id = g.statement_id and c.id = g.id
where g.statement_id = :statement_id and g.version = :version and g.number > :after
  and g.erased_at is null and not g.unlisted
order by g.number limit :most;

-- name: handover_invalidations(statement_id)
-- What organisers took out of the count, and has not come back.
select reason, done, created_at from invalidations
where statement_id = :statement_id and state in ('running', 'done') and done > 0 order by created_at, id;

-- name: now()$
select now();
