-- Statements: their states, versions, notes and consent wordings. What is public: the view statements_now.

-- name: add(id, campaign_id, slug, kind, language, addressed_to, goal, fields, public_fields, handover_fields, export_fields, closes_at)!
insert into statements (id, campaign_id, slug, kind, language, addressed_to, goal, fields, public_fields,
                        handover_fields, export_fields, closes_at)
values (:id, :campaign_id, :slug, :kind, :language, :addressed_to, :goal, :fields, :public_fields,
        :handover_fields, :export_fields, :closes_at);

-- name: add_version(statement_id, id, number, title, body)!
insert into versions (statement_id, id, number, title, body)
values (:statement_id, :id, :number, :title, :body);

-- name: replace_draft(id, kind, language, addressed_to, goal, fields, public_fields, handover_fields, export_fields, closes_at)$
-- Everything of a draft but its slug; the number of its new version. No row: it is not a draft.
update statements
set version = version + 1, kind = :kind, language = :language, addressed_to = :addressed_to, goal = :goal,
    fields = :fields, public_fields = :public_fields, handover_fields = :handover_fields,
    export_fields = :export_fields, closes_at = :closes_at
where id = :id and state = 'draft'
returning version;

-- name: save_draft(id, read, kind, language, addressed_to, goal, fields, public_fields, handover_fields, export_fields, closes_at)$
-- `replace_draft` by who has read version `read`. No row: it is not a draft, or somebody else has saved it since.
update statements
set version = version + 1, kind = :kind, language = :language, addressed_to = :addressed_to, goal = :goal,
    fields = :fields, public_fields = :public_fields, handover_fields = :handover_fields,
    export_fields = :export_fields, closes_at = :closes_at
where id = :id and state = 'draft' and version = :read
returning version;

-- name: next_version(id, read)$
-- `read`: the version that whoever writes the new one has seen, or null. No row: it is not open, or that one is not
-- the newest any more.
update statements set version = version + 1
where id = :id and state = 'open' and (closes_at is null or closes_at > now())
  and version = coalesce(:read::integer, version)
returning version;

-- name: set_goal(id, goal)^
-- No row: it is not open, or that is its goal already.
with old as (select id, goal as was from statements where id = :id for no key update)
update statements s set goal = :goal
from old
where s.id = old.id and s.state = 'open' and (s.closes_at is null or s.closes_at > now())
  and old.was is distinct from :goal::integer
returning old.was;

-- name: set_closing(id, closes_at)^
-- No row: it is not open, that is its closing date already, or the date is past.
with old as (select id, closes_at as was from statements where id = :id for no key update)
update statements s set closes_at = :closes_at
from old
where s.id = old.id and s.state = 'open' and (s.closes_at is null or s.closes_at > now())
  and old.was is distinct from :closes_at::timestamptz
  and (:closes_at::timestamptz is null or :closes_at > now())
returning old.was;

-- name: write_event(statement_id, id, act, details, happened_at)!
-- A line of the public history. `happened_at` null: now.
insert into statement_events (statement_id, id, act, details, happened_at)
values (:statement_id, :id, :act, :details, coalesce(:happened_at, now()));

-- name: list_events(statement_id)
select act, details, happened_at from statement_events where statement_id = :statement_id order by happened_at, id;

-- name: has_history(statement_id)$
-- Whether anything happened to it that the public may know, besides that it was opened.
select exists (select from versions v where v.statement_id = s.id and v.created_at > s.opened_at)
    or exists (select from notes n where n.statement_id = s.id)
    or exists (select from statement_events e where e.statement_id = s.id and e.act <> 'opened')
    or exists (select from invalidations i where i.statement_id = s.id and i.counted > 0)
from statements s where s.id = :statement_id and s.state <> 'draft';

-- name: list_texts(statement_id, most)
-- As `list_versions`, with the texts, of the newest ones.
select v.number, v.title, v.body, v.created_at
from versions v join statements s on s.id = v.statement_id
where v.statement_id = :statement_id and s.state <> 'draft'
  and not exists (select from versions later where later.statement_id = v.statement_id
                  and later.number > v.number and later.created_at <= s.opened_at)
order by v.number desc limit :most;

-- name: rename(id, slug)$
-- The slug that it had. No row: it has this one already.
with old as (select id, slug from statements where id = :id for no key update)
update statements s set slug = :slug from old where s.id = old.id and old.slug <> :slug
returning old.slug;

-- name: open(id, read)^
-- `read`: the version that whoever opens it has seen, or null. No row: not a draft, or it is another version by now, or
-- the campaign lacks something, or the closing date is past.
update statements s set state = 'open', opened_at = now()
from campaigns c
where s.id = :id and c.id = s.campaign_id and s.state = 'draft'
  and c.controller <> '' and c.postal_address <> '' and c.contact_email <> ''
  and s.version = coalesce(:read::integer, s.version)
  and (s.closes_at is null or s.closes_at > now())
returning s.id;

-- name: close(id)^
-- One that closed by itself stays closed as from its date.
update statements set state = 'closed', closed_at = least(now(), closes_at)
where id = :id and state = 'open'
returning id;

-- name: close_due()
update statements set state = 'closed', closed_at = closes_at
where state = 'open' and closes_at <= now()
returning id, campaign_id, closed_at;

-- name: reopen(id)^
-- A closing date that is past goes: `gone`; `unsaid`: it closed then, and nobody has said so yet. No row: it is not
-- closed, or its personal data are gone.
with old as (select id, state, closes_at from statements where id = :id for no key update)
update statements s
set state = 'open', closed_at = null, closes_at = case when old.closes_at > now() then old.closes_at end
from old
where s.id = old.id and s.anonymised_at is null
  and (old.state = 'closed' or old.state = 'open' and old.closes_at <= now())
returning s.id, case when old.closes_at <= now() then old.closes_at end as gone, old.state = 'open' as unsaid;

-- name: archive(id)^
update statements set state = 'archived' where id = :id and state = 'closed' returning id;

-- name: lock(id)^
-- Until the transaction ends nobody else moves this statement or writes its consents.
select id from statements where id = :id for no key update;

-- name: find(slug)^
-- For the public, by its present slug or an old one. No row: there is none, or it is a draft.
select n.* from slugs l join statements_now n on n.id = l.statement_id
where l.space = 'statement' and l.slug = :slug and n.state <> 'draft';

-- name: find_for_organisers(slug)^
-- Drafts too.
select n.* from slugs l join statements_now n on n.id = l.statement_id
where l.space = 'statement' and l.slug = :slug;

-- name: find_by_id(id)^
select * from statements_now where id = :id;

-- name: list_for_organisers(campaign)
-- Of one campaign, or of all (null); the newest first.
select n.*, k.people, k.people_earlier, k.organisations
from statements_now n join public_counts k on k.statement_id = n.id
where :campaign::text is null or n.campaign_slug = :campaign
order by n.created_at desc, n.id desc;

-- name: list_open(campaign_id)
select * from statements_now where campaign_id = :campaign_id and state = 'open';

-- name: find_version(statement_id, number)^
-- What was only ever a draft's text is nobody's business.
select v.*, v.number < s.version as newer
from versions v join statements s on s.id = v.statement_id
where v.statement_id = :statement_id and v.number = :number and s.state <> 'draft'
  and not exists (select from versions later where later.statement_id = v.statement_id
                  and later.number > v.number and later.created_at <= s.opened_at);

-- name: list_versions(statement_id)
-- The versions that people could sign, the newest first.
select v.number, v.title, v.created_at
from versions v join statements s on s.id = v.statement_id
where v.statement_id = :statement_id and s.state <> 'draft'
  and not exists (select from versions later where later.statement_id = v.statement_id
                  and later.number > v.number and later.created_at <= s.opened_at)
order by v.number desc;

-- name: add_note(statement_id, id, body)^
-- No row: it is a draft, or archived.
insert into notes (statement_id, id, body)
select s.id, :id, :body from statements s
where s.id = :statement_id and s.state in ('open', 'closed')
returning id, created_at;

-- name: list_notes(statement_id)
select id, body, created_at from notes where statement_id = :statement_id order by created_at, id;

-- name: write_consent(statement_id, id, purpose, language, wording)!
-- A new version where the wording is new; call it under `lock`.
insert into consent_texts (statement_id, id, purpose, language, version, wording)
select :statement_id, :id, :purpose, :language, coalesce(max(t.version), 0) + 1, :wording
from consent_texts t
where t.statement_id = :statement_id and t.purpose = :purpose and t.language = :language
on conflict (statement_id, purpose, language, md5(wording)) do nothing;

-- name: list_consents(statement_id, language, purposes, wordings)
-- The current text of each purpose: the one with the wording of today, else the newest.
select distinct on (purpose) id, purpose, wording, version
from consent_texts
where statement_id = :statement_id and language = :language and purpose = any (:purposes::text[])
order by purpose, (wording = any (:wordings::text[])) desc, version desc;

-- name: find_of_campaign(campaign_id, slug, drafts)^
-- A statement of one campaign by its present slug or an old one. `drafts`: a draft too.
select s.* from statements_now s join slugs l on l.statement_id = s.id
where l.space = 'statement' and l.slug = :slug and s.campaign_id = :campaign_id
  and (:drafts::boolean or s.state <> 'draft');

-- name: list_of_campaign(campaign_id, drafts)
-- The statements of a campaign: open ones, drafts (where they are wanted), then those that are over, the newest first.
select s.*, coalesce(p.people, 0) as people, coalesce(p.organisations, 0) as organisations
from statements_now s left join public_counts p on p.statement_id = s.id
where s.campaign_id = :campaign_id and (:drafts::boolean or s.state <> 'draft')
order by case when s.is_open then 0 when s.state = 'draft' then 1 else 2 end, s.created_at desc;
