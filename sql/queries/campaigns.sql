-- Campaigns, and the slugs of campaigns and statements.

-- name: add(id, slug, name, introduction, language, controller, postal_address, contact_email, on_behalf_of, sender, bulk_sender, accent, social_links, partners, additions, retention_months, demonstration)^
insert into campaigns (id, slug, name, introduction, language, controller, postal_address, contact_email,
                       on_behalf_of, sender, bulk_sender, accent, social_links, partners, additions, retention_months,
                       demonstration)
values (:id, :slug, :name, :introduction, :language, :controller, :postal_address, :contact_email,
        :on_behalf_of, :sender, :bulk_sender, :accent, :social_links, :partners, :additions, :retention_months,
        :demonstration)
returning *;

-- name: change(id, slug, name, introduction, language, controller, postal_address, contact_email, on_behalf_of, sender, bulk_sender, accent, social_links, partners, additions, retention_months)^
-- Null leaves a fact as it is.
update campaigns
set slug = coalesce(:slug, slug),
    name = coalesce(:name, name),
    introduction = coalesce(:introduction, introduction),
    language = coalesce(:language, language),
    controller = coalesce(:controller, controller),
    postal_address = coalesce(:postal_address, postal_address),
    contact_email = coalesce(:contact_email, contact_email),
    on_behalf_of = coalesce(:on_behalf_of, on_behalf_of),
    sender = coalesce(:sender, sender),
    bulk_sender = coalesce(:bulk_sender, bulk_sender),
    accent = coalesce(:accent, accent),
    social_links = coalesce(:social_links::jsonb, social_links),
    partners = coalesce(:partners::jsonb, partners),
    additions = coalesce(:additions::jsonb, additions),
    retention_months = coalesce(:retention_months, retention_months)
where id = :id
returning *;

-- name: hold(id)^
-- Until the transaction ends nobody else changes it.
select * from campaigns where id = :id for no key update;

-- name: set_logo(id, logo)^
-- Null takes it away.
update campaigns set logo = :logo where id = :id returning *;

-- name: list_partner_keys(campaign_id)
-- Every key that a consent of the campaign ever went by: it stands for that partner for good.
select distinct substr(t.purpose, 9) as key
from consent_texts t join statements s on s.id = t.statement_id
where s.campaign_id = :campaign_id and starts_with(t.purpose, 'partner:');

-- name: list_retention(campaign_id, months)
-- When the personal data of its closed statements go, were they kept for so many months; the soonest first.
select slug, title, closed_at, due, due < now() as is_over from (
    select slug, title, closed_at, closed_at + make_interval(months => :months) as due from statements_now
    where campaign_id = :campaign_id and anonymised_at is null and state in ('closed', 'archived')
) closed
order by due, slug;

-- name: take_slug(space, slug, campaign_id, statement_id)$
-- No row: another has it or had it. Its own old slug comes back.
insert into slugs (space, slug, campaign_id, statement_id)
values (:space, :slug, :campaign_id, :statement_id)
on conflict (space, slug) do update set slug = excluded.slug
    where slugs.campaign_id = excluded.campaign_id
      and slugs.statement_id is not distinct from excluded.statement_id
returning slug;

-- name: find(slug)^
-- By its present slug or an old one.
select c.* from slugs l join campaigns c on c.id = l.campaign_id
where l.space = 'campaign' and l.slug = :slug;

-- name: list_all()
select c.*, count(s.id) filter (where s.state = 'open')::integer as open_statements, count(s.id)::integer as statements
from campaigns c left join statements s on s.campaign_id = c.id
group by c.id order by c.created_at, c.id;

-- name: list_statements(campaign_id)
-- What the public may see, the newest first.
select * from statements_now where campaign_id = :campaign_id and state <> 'draft'
order by opened_at desc, id desc;

-- name: list_consents(campaign_id)
-- The newest wording of each consent of each statement that the public may see, in the order of the form.
select statement_id, purpose, wording from (
    select distinct on (t.statement_id, t.purpose) t.*
    from consent_texts t join statements s on s.id = t.statement_id
    where s.campaign_id = :campaign_id and s.state <> 'draft' and t.language = s.language
    order by t.statement_id, t.purpose, t.version desc
) newest
order by statement_id, array_position(array['sign', 'name', 'union', 'mail'], purpose), purpose;
