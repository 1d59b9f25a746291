-- Exports: lists that an organiser takes.

-- name: signatories(statement_id)
-- Every column that an export may have; storage/copy.py takes those that the statement allows, and disarms what people
-- typed where the kind of file needs it. The e-mail address only where letters were agreed to (`mail`: this campaign's,
-- `partners`: those of the partners named, by their keys) and not stopped since: who stopped this campaign's letters must not be written to from a list either. Times in UTC.
with stopped as (
    select distinct p.address_key from suppressions p
    where p.scope = 'bulk'
       or p.campaign_id = (select campaign_id from statements where id = :statement_id)
), signed as (
    select g.*, g.mail_consent and stopped.address_key is null as may_mail,
           case when stopped.address_key is null then g.partner_consents end as partners
    from counting_signatures g left join stopped using (address_key)
    where g.statement_id = :statement_id and g.number is not null and g.erased_at is null
)
select number, name,
       case when may_mail or partners is not null then email end as email,
       (confirmed_at at time zone 'UTC')::timestamp(0) as confirmed_at, version, answers, display,
       case when may_mail then 'yes' else 'no' end as mail,
       array_to_string(partners, ' ') as partners, source
from signed
order by number;

-- name: endorsements(statement_id, accepted_only)
-- The public ones or all, but never a form's claim that nobody confirmed. Of the body what the organisation says, before
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
order by lower(coalesce(tree.path, concat_ws(' ▸ ', nullif(e.parent, ''), nullif(e.region, ''), e.name))), e.id;
