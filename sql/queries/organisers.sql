-- Organisers: the audit, teams and invitations, sessions and how they begin.

-- name: note(id, actor, act, campaign_id, statement_id, details)!
insert into audit (id, actor, act, campaign_id, statement_id, details)
values (:id, :actor, :act, :campaign_id, :statement_id, :details);

-- name: add(id, address_key, email, name, language, demonstration)^
-- The organiser of an address; one who is there already stays as they are.
insert into organisers (id, address_key, email, name, language, demonstration)
values (:id, :address_key, :email, :name, :language, :demonstration)
on conflict (address_key) do update set address_key = excluded.address_key
returning *, id = :id as is_new;

-- ── the team

-- name: hold_team(campaign_id)!
-- Nobody else changes the team meanwhile.
select from campaigns where id = :campaign_id for no key update;

-- name: may_change_team(campaign_id, actor)$
-- Whether this actor may change the team: whoever runs the machine, and of organisers an owner.
select :actor not like 'organiser:%' or exists (
    select from roles where campaign_id = :campaign_id and role = 'owner' and 'organiser:' || organiser_id = :actor);

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

-- name: remove_role(campaign_id, organiser_id)$
-- The role that they had. Null: they had none, or it would take the campaign's last owner.
delete from roles r
where r.campaign_id = :campaign_id and r.organiser_id = :organiser_id and (r.role <> 'owner' or exists (
    select from roles o where o.campaign_id = :campaign_id and o.role = 'owner' and o.organiser_id <> :organiser_id))
returning role;

-- name: join_team(campaign_id, organiser_id, role, given_by)!
-- Who has a role already keeps it.
insert into roles (campaign_id, organiser_id, role, given_by)
values (:campaign_id, :organiser_id, :role, :given_by)
on conflict (campaign_id, organiser_id) do nothing;

-- name: list_team(campaign_id)
-- Who is in it, owners first.
select o.id, o.name, o.email, r.role, r.since, r.given_by
from roles r join organisers o on o.id = r.organiser_id
where r.campaign_id = :campaign_id
order by array_position(array['owner', 'organiser', 'moderator', 'stall', 'reader'], r.role), lower(o.name), o.id;

-- name: find_member(campaign_id, organiser_id)^
select o.id, o.name, o.email, r.role, r.since, r.given_by
from roles r join organisers o on o.id = r.organiser_id
where r.campaign_id = :campaign_id and r.organiser_id = :organiser_id;

-- name: is_member(campaign_id, address_key)$
-- Whether somebody of this address is in the team.
select exists (select from roles r join organisers o on o.id = r.organiser_id
               where r.campaign_id = :campaign_id and o.address_key = :address_key);

-- name: list_all(campaign_id)
-- Every organiser with each role, of all campaigns or of one; who has none stands there too.
select o.email, o.name, c.slug as campaign, r.role, r.since, r.given_by
from organisers o
left join roles r on r.organiser_id = o.id
left join campaigns c on c.id = r.campaign_id
where :campaign_id::uuid is null or r.campaign_id = :campaign_id
order by c.slug nulls last, lower(o.email);

-- name: add_invitation(id, campaign_id, address_key, email, role, given_by, language)!
insert into invitations (id, campaign_id, address_key, email, role, given_by, language)
values (:id, :campaign_id, :address_key, :email, :role, :given_by, :language);

-- name: replace_invitation(campaign_id, address_key)!
-- A newer one is made: the older one is over, and so is its letter.
update invitations set ended_at = now()
where campaign_id = :campaign_id and address_key = :address_key and ended_at is null;

-- name: end_invitation(campaign_id, id)!
-- Taken back.
update invitations set ended_at = now() where campaign_id = :campaign_id and id = :id and ended_at is null;

-- name: end_invitations_by(campaign_id, given_by)!
-- Who may invite no more leaves no invitation behind.
update invitations set ended_at = now()
where campaign_id = :campaign_id and given_by = :given_by and ended_at is null;

-- name: list_invitations(campaign_id, good)
-- Those that can still be accepted, the newest first. `good`: days.
select id, email, role, given_by, created_at, created_at + make_interval(days => :good::integer) as good_until
from invitations
where campaign_id = :campaign_id and ended_at is null and created_at > now() - make_interval(days => :good::integer)
order by created_at desc, id desc;

-- name: find_invitation(id, good)^
-- With the campaign's columns that its page needs; `is_good`: it can still be accepted.
select i.id, i.campaign_id, i.email, i.address_key, i.role, i.language, c.name as campaign_name, c.slug as campaign_slug, o.name as known_as,
       i.ended_at is null and i.created_at > now() - make_interval(days => :good::integer) as is_good,
       i.created_at + make_interval(days => :good::integer) as good_until
from invitations i join campaigns c on c.id = i.campaign_id
left join organisers o on o.address_key = i.address_key
where i.id = :id;

-- name: use_invitation(id, good)^
-- Once. No row: it was accepted, taken back or replaced, or its days are over.
update invitations set ended_at = now()
where id = :id and ended_at is null and created_at > now() - make_interval(days => :good::integer)
returning *;

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
update sessions set digest = :digest, second_at = now(), challenge = null, challenge_at = null, tries = 0
where id = :id and ended_at is null;

-- name: end_session(id, organiser_id)!
-- One session of the organiser ends.
update sessions set ended_at = now() where id = :id and organiser_id = :organiser_id and ended_at is null;

-- name: end_sessions(organiser_id, but)!
-- All of them end, but perhaps one.
update sessions set ended_at = now()
where organiser_id = :organiser_id and ended_at is null and id is distinct from :but::uuid;

-- name: list_sessions(organiser_id, idle, longest)
-- The organiser's, while they last; the newest first.
select id, way, browser, created_at, seen_at from sessions
where organiser_id = :organiser_id and ended_at is null
  and seen_at > now() - make_interval(hours => :idle::integer)
  and created_at > now() - make_interval(days => :longest::integer)
order by seen_at desc, id desc;

-- name: forget_over(days, idle, longest, good)$
-- Sessions, log-ins and invitations that have been over for so many days; how many.
with sat as (
    delete from sessions where created_at < now() - make_interval(days => :days::integer)
      and (ended_at < now() - make_interval(days => :days::integer)
        or seen_at < now() - make_interval(days => :days::integer, hours => :idle::integer)
        or created_at < now() - make_interval(days => :days::integer + :longest::integer))
    returning 1
), asked as (
    delete from log_ins where created_at < now() - make_interval(days => :days::integer) returning 1
), invited as (
    delete from invitations
    where ended_at < now() - make_interval(days => :days::integer)
       or created_at < now() - make_interval(days => :days::integer + :good::integer)
    returning 1
)
select (select count(*) from sat) + (select count(*) from asked) + (select count(*) from invited);

-- ── coming in

-- name: find_by_address(address_key)^
select * from organisers where address_key = :address_key;

-- name: add_log_in(id, organiser_id, way, mark)!
-- An older link made on this machine is over then. Letters stand side by side: whoever asks in an organiser's name must
-- not end the one that the organiser waits for.
with older as (
    update log_ins set used_at = now()
    where organiser_id = :organiser_id and :way = 'command' and way = 'command' and used_at is null
)
insert into log_ins (id, organiser_id, way, mark) values (:id, :organiser_id, :way, :mark);

-- name: sent_log_in(id)!
-- Its minutes begin when the letter leaves, however long it had to wait.
update log_ins set letter_at = now() where id = :id;

-- name: find_log_in(id, minutes)^
-- With its organiser; `is_good`: it can still be used.
select l.id, l.way, l.mark, l.organiser_id, o.name, o.email, o.language,
       l.used_at is null and coalesce(l.letter_at, l.created_at) > now() - make_interval(mins => :minutes::integer) as is_good
from log_ins l join organisers o on o.id = l.organiser_id
where l.id = :id;

-- name: use_log_in(id, minutes)^
-- Once. No row: it was used, or its minutes are over.
update log_ins set used_at = now()
where id = :id and used_at is null and coalesce(letter_at, created_at) > now() - make_interval(mins => :minutes::integer)
returning organiser_id, way;

-- name: spend_try(marks, minutes, a_letter, a_day)
-- Of the letters that a browser asked for the newest to each address: spend one try of its code, and one of the day's
-- wrong tries of the address; no row: there is no code to try, or the tries are used up. As signatures.spend_try, it
-- writes and commits whether or not an address is known: else for the newest mark.
with newest as (
    select distinct on (organiser_id) id from log_ins where mark = any (:marks::bytea[])
    order by organiser_id, created_at desc, id desc
), tried as (
    update log_ins l set tries = l.tries + 1 from newest n, organisers o
    where l.id = n.id and o.id = l.organiser_id and l.used_at is null and l.tries < :a_letter
      and coalesce(l.letter_at, l.created_at) > now() - make_interval(mins => :minutes::integer)
    returning l.id, o.address_key
), daily as (
    insert into code_tries (address_key)
    select address_key from tried
    union all select (:marks::bytea[])[1] where not exists (select from tried) and cardinality(:marks::bytea[]) > 0
    on conflict (address_key, day) do update set tries = code_tries.tries + 1 where code_tries.tries < :a_day
    returning address_key
)
select t.id, t.address_key from tried t join daily d using (address_key);

-- name: return_daily_try(address_key)!
-- The code was right: only wrong ones count.
update code_tries set tries = tries - 1 where address_key = :address_key and day = current_date and tries > 0;

-- name: change_organiser(id, name, language)$
-- What an organiser says of themselves; the names of the columns that changed. Null: they said the same.
with old as (select * from organisers where id = :id for update)
update organisers o set name = :name, language = :language from old
where o.id = old.id and (old.name, old.language) is distinct from (:name, :language)
returning array_remove(array[
    case when old.name <> o.name then 'name' end, case when old.language <> o.language then 'language' end], null);

-- ── the second factor

-- name: hold_factors(organiser_id)!
-- Nobody else changes the organiser's factors meanwhile.
select from organisers where id = :organiser_id for no key update;

-- name: may_change_factors(session_id, fresh)$
-- Whether the second factor was just shown in this session; the first one of all needs none.
select s.second_at > now() - make_interval(mins => :fresh::integer)
       or o.totp_since is null and not exists (select from passkeys p where p.organiser_id = o.id)
from sessions s join organisers o on o.id = s.organiser_id where s.id = :session_id and s.ended_at is null;

-- name: count_factors(organiser_id)$
-- How many they hold; recovery codes are none of their own.
select (select count(*) from organisers o where o.id = :organiser_id and o.totp_since is not null)
     + (select count(*) from passkeys p where p.organiser_id = :organiser_id);

-- name: find_factors(organiser_id)^
-- What an organiser holds besides passkeys.
select o.totp_since, o.totp_nonce, count(c.*) filter (where c.used_at is null) as recovery_left,
       max(c.created_at) as recovery_since
from organisers o left join recovery_codes c on c.organiser_id = o.id
where o.id = :organiser_id group by o.id;

-- name: list_passkeys(organiser_id)
-- The organiser's, the oldest first.
select id, credential, transports, name, created_at, used_at from passkeys
where organiser_id = :organiser_id order by created_at, id;

-- name: find_passkey(organiser_id, id)^
select id, name, created_at, used_at from passkeys where organiser_id = :organiser_id and id = :id;

-- name: find_credential(organiser_id, credential)^
-- A passkey by what the browser calls it; another organiser's is none.
select id, public_key, sign_count from passkeys where organiser_id = :organiser_id and credential = :credential;

-- name: add_passkey(id, organiser_id, credential, public_key, sign_count, transports, name)!
-- None: some organiser has it already.
insert into passkeys (id, organiser_id, credential, public_key, sign_count, transports, name)
values (:id, :organiser_id, :credential, :public_key, :sign_count, :transports, :name)
on conflict (credential) do nothing;

-- name: use_passkey(organiser_id, id, sign_count)!
-- It was shown; its count never goes back (WebAuthn §6.1.1; 0: this one does not count).
update passkeys set sign_count = :sign_count, used_at = now()
where organiser_id = :organiser_id and id = :id and (sign_count < :sign_count or sign_count = 0 and :sign_count = 0);

-- name: rename_passkey(organiser_id, id, name)!
update passkeys set name = :name where organiser_id = :organiser_id and id = :id;

-- name: remove_passkey(organiser_id, id)!
delete from passkeys where organiser_id = :organiser_id and id = :id;

-- name: ask_challenge(session_id, challenge)!
-- What a passkey is to sign; it replaces the one before.
update sessions set challenge = :challenge, challenge_at = now() where id = :session_id and ended_at is null;

-- name: take_challenge(session_id, minutes)$
-- Once, and not too late. Null: there is none.
with asked as (
    select id, challenge, challenge_at from sessions
    where id = :session_id and challenge is not null and ended_at is null for update
)
update sessions s set challenge = null, challenge_at = null from asked a where s.id = a.id
returning case when a.challenge_at > now() - make_interval(mins => :minutes::integer) then a.challenge end;

-- name: set_totp(organiser_id, nonce, step)!
-- One-time codes of this secret count from now on, the one that proved it never again. None: they did already.
update organisers set totp_nonce = :nonce, totp_since = now(), totp_step = :step
where id = :organiser_id and totp_nonce is distinct from :nonce::bytea;

-- name: remove_totp(organiser_id)!
update organisers set totp_nonce = null, totp_since = null, totp_step = null
where id = :organiser_id and totp_since is not null;

-- name: use_step(organiser_id, nonce, step)!
-- Each time step once (RFC 6238 §5.2).
update organisers set totp_step = :step
where id = :organiser_id and totp_nonce = :nonce and (totp_step is null or totp_step < :step);

-- name: spend_code(session_id, day_key, in_a_row, a_day)^
-- One try of a code, spent before it is looked at: of the session's in a row, and of the organiser's day. No row: the
-- session's are used up, or it is over. `within`: there was one left today. `step`: of the time now (RFC 6238).
with mine as (
    update sessions set tries = tries + 1
    where id = :session_id and ended_at is null and tries < :in_a_row returning organiser_id, tries
), today as (
    insert into code_tries (address_key) select :day_key::bytea from mine
    on conflict (address_key, day) do update set tries = code_tries.tries + 1 where code_tries.tries < :a_day
    returning 1
)
select m.tries, o.totp_nonce, exists (select from today) as within,
       floor(extract(epoch from now()) / 30)::bigint as step
from mine m join organisers o on o.id = m.organiser_id;

-- name: time_step()$
-- The step of the time now (RFC 6238).
select floor(extract(epoch from now()) / 30)::bigint;

-- name: renew_recovery(organiser_id, digests)!
-- New codes; the old ones are void.
with old as (delete from recovery_codes where organiser_id = :organiser_id)
insert into recovery_codes (organiser_id, digest) select :organiser_id, unnest(:digests::bytea[]);

-- name: forget_recovery(organiser_id)!
delete from recovery_codes where organiser_id = :organiser_id;

-- name: use_recovery(organiser_id, digest)!
-- Once.
update recovery_codes set used_at = now()
where organiser_id = :organiser_id and digest = :digest and used_at is null;
