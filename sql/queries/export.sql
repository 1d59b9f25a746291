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
