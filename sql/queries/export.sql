-- Exports: lists that an organiser takes.

-- name: signatories(statement_id)
-- Every column that an export may have; storage/copy.py takes those that the statement allows. `answers` are
-- disarmed there, each on its own. The e-mail address only where letters were agreed to. Times in UTC.
select number, disarmed(name) as name, case when mail_consent then disarmed(email) end as email,
       (confirmed_at at time zone 'UTC')::timestamp(0) as confirmed_at, version, answers, display,
       case when mail_consent then 'yes' else 'no' end as mail, disarmed(source) as source
from counting_signatures
where statement_id = :statement_id and number is not null and erased_at is null
order by number;
