-- Organisers: the audit.

-- name: note(id, actor, act, campaign_id, statement_id, details)!
insert into audit (id, actor, act, campaign_id, statement_id, details)
values (:id, :actor, :act, :campaign_id, :statement_id, :details);

-- name: add(id, address_key, email, name, language, demonstration)^
-- The organiser of an address; one who is there already stays as they are.
with added as (
    insert into organisers (id, address_key, email, name, language, demonstration)
    values (:id, :address_key, :email, :name, :language, :demonstration)
    on conflict (address_key) do nothing returning *
)
select * from added union all select * from organisers where address_key = :address_key
limit 1;

-- ── the team

-- name: hold_team(campaign_id)!
-- Nobody else changes the team meanwhile.
select from campaigns where id = :campaign_id for update;

-- name: give_role(campaign_id, organiser_id, role, given_by)^
-- No row: it would take the campaign's last owner. `changed`: they had another one before.
with old as (
    select role from roles where campaign_id = :campaign_id and organiser_id = :organiser_id
)
insert into roles (campaign_id, organiser_id, role, given_by)
select :campaign_id, :organiser_id, :role, :given_by
where :role = 'owner' or coalesce((select role from old), '') <> 'owner' or exists (
    select from roles where campaign_id = :campaign_id and role = 'owner' and organiser_id <> :organiser_id)
on conflict (campaign_id, organiser_id) do update
    set role = excluded.role, given_by = excluded.given_by, since = now()
returning coalesce((select role from old) <> role, false) as changed;

-- name: list_campaigns(organiser_id)
-- The campaigns of an organiser, with the role in each.
select c.id, c.slug, c.name, r.role from roles r join campaigns c on c.id = r.campaign_id
where r.organiser_id = :organiser_id order by lower(c.name), c.id;

-- name: find_role(campaign_id, organiser_id)$
-- The role of an organiser in a campaign; null: none.
select role from roles where campaign_id = :campaign_id and organiser_id = :organiser_id;

-- ── sessions

-- name: begin_session(id, organiser_id, digest, way, browser, second, old)!
-- A new session, and the end of what the same browser had before.
with ended as (
    update sessions set ended_at = now() where digest = :old::bytea and ended_at is null
)
insert into sessions (id, organiser_id, digest, way, browser, second_at)
values (:id, :organiser_id, :digest, :way, :browser, case when :second::boolean then now() end);

-- name: find_session(digest, idle, longest, fresh)^
-- The session with its organiser. It is seen: written at most once a minute.
with found as (
    select * from sessions s
    where s.digest = :digest and s.ended_at is null
      and s.seen_at > now() - make_interval(hours => :idle::integer)
      and s.created_at > now() - make_interval(days => :longest::integer)
), seen as (
    update sessions s set seen_at = now() from found f where s.id = f.id and f.seen_at < now() - interval '1 minute'
)
select f.id, f.organiser_id, f.way, f.second_at, f.created_at, o.name, o.email, o.address_key, o.language,
       coalesce(f.second_at > now() - make_interval(mins => :fresh::integer), false) as is_fresh,
       o.totp_since is not null or exists (select from passkeys p where p.organiser_id = o.id) as has_factor,
       exists (select from roles r where r.organiser_id = o.id and r.role = 'owner') as is_owner
from found f join organisers o on o.id = f.organiser_id;

-- name: renew_session(id, digest)!
-- Under another token, the second factor shown now.
update sessions set digest = :digest, second_at = now(), challenge = null, challenge_at = null
where id = :id and ended_at is null;

-- name: end_session(id, organiser_id)!
-- One session of the organiser ends.
update sessions set ended_at = now() where id = :id and organiser_id = :organiser_id and ended_at is null;

-- name: end_sessions(organiser_id, but)!
-- All of them end, but perhaps one.
update sessions set ended_at = now()
where organiser_id = :organiser_id and ended_at is null and id is distinct from :but::uuid;
