-- Organisations: the bodies of one campaign, as a tree.

-- name: try_lock(campaign_id)$
-- One change of a campaign's tree at a time, to the end of the transaction; taken before any row of it, as the trigger
-- no_circle takes it. False: somebody else is at it.
select pg_try_advisory_xact_lock(hashtextextended('organisations ' || :campaign_id::uuid, 0));

-- name: add(id, campaign_id, parent_id, kind, name, code, key, plain_name)^
-- No row: its parent has one of this key already.
insert into organisations (id, campaign_id, parent_id, kind, name, code, key, plain_name)
values (:id, :campaign_id, :parent_id, :kind, :name, :code, :key, :plain_name)
on conflict on constraint one_organisation do nothing
returning *;

-- name: find(id)^
select * from organisations where id = :id;

-- name: find_by_key(campaign_id, parent_id, key)^
select * from organisations
where campaign_id = :campaign_id and parent_id is not distinct from :parent_id and key = :key;

-- name: find_above(campaign_id, parent_id, plain_name)^
-- The body of this name: below `parent_id`; where that is null, wherever it stands, at the top rather than below.
select * from organisations
where campaign_id = :campaign_id and plain_name = :plain_name and (:parent_id::uuid is null or parent_id = :parent_id)
order by parent_id is not null, created_at, id
limit 1;

-- name: like(campaign_id, parent_id, key, plain_name, least)
-- Of the same key, under this parent first; then of a name at least so alike (0 to 1), by the index organisations_like.
with found as (
    select id from organisations where campaign_id = :campaign_id and key = :key
    union
    select id from organisations
    where campaign_id = :campaign_id and plain_name operator(extensions.%) :plain_name
), measured as (
    select o.*, p.name as parent, o.key = :key as same_key,
           extensions.similarity(o.plain_name, :plain_name) as likeness
    from found f join organisations o on o.id = f.id left join organisations p on p.id = o.parent_id
)
select * from measured where same_key or likeness >= :least
order by same_key desc, parent_id is not distinct from :parent_id desc, likeness desc, created_at, id
limit 10;

-- name: change(id, parent_id, kind, name, code, key, plain_name)^
update organisations
set parent_id = :parent_id, kind = :kind, name = :name, code = :code, key = :key, plain_name = :plain_name
where id = :id
returning *;

-- name: is_below(id, above)$
-- Whether the body `id` is `above` or stands somewhere below it.
with recursive path as (
    select id, parent_id from organisations where id = :id
    union
    select o.id, o.parent_id from organisations o join path p on o.id = p.parent_id
)
select exists (select from path where id = :above);

-- name: has_endorsed(id)$
-- Whether an endorsement of its own was ever accepted: until then others alone have named it.
select exists (select from endorsements where organisation_id = :id and accepted_at is not null);

-- name: remove(id)^
-- No row: an endorsement or a body below it refers to it.
delete from organisations o
where o.id = :id
  and not exists (select from endorsements e where e.organisation_id = o.id)
  and not exists (select from organisations b where b.parent_id = o.id)
returning *;

-- name: list_standing(organisation_id)
-- The endorsements of this body that the public sees.
select statement_id, id from counting_endorsements where organisation_id = :organisation_id;

-- name: note_changed(statement_id, id, endorsement_id, actor, fields)!
insert into endorsement_events (statement_id, id, endorsement_id, act, actor, fields)
values (:statement_id, :id, :endorsement_id, 'changed', :actor, :fields);

-- name: tell_below(organisation_id)!
-- Pages on which a body below this one stands: they name what it belongs to.
with recursive below as (
    select id from organisations where parent_id = :organisation_id
    union
    select o.id from organisations o join below b on o.parent_id = b.id
)
select pg_notify('petitions_pages', s.statement_id::text)
from (select distinct e.statement_id from counting_endorsements e join below b on b.id = e.organisation_id) s;

-- name: list_tree(campaign_id)
-- Each body after the one that it belongs to; `standing`: on how many statements it endorses now.
with recursive tree as (
    select o.*, 0 as depth, array[o.plain_name || ' ' || o.id] as path
    from organisations o where o.campaign_id = :campaign_id and o.parent_id is null
    union all
    select o.*, t.depth + 1, t.path || (o.plain_name || ' ' || o.id)
    from organisations o join tree t on o.parent_id = t.id
)
select t.id, t.parent_id, t.depth, t.kind, t.name, t.code, t.created_at,
       (select count(*) from counting_endorsements e where e.organisation_id = t.id)::integer as standing
from tree t order by t.path;

-- name: list_page(campaign_id, pattern, code, most, skip)
-- As list_tree, one page of it; with a `pattern` (for LIKE, of the plain name) or `code` those that have it, each with
-- what it belongs to. `found`: how many on all pages.
with recursive tree as (
    select o.id, o.parent_id, o.kind, o.name, o.code, o.key, o.plain_name, 0 as depth, array[]::text[] as above,
           array[o.plain_name || ' ' || o.id] as path
    from organisations o where o.campaign_id = :campaign_id and o.parent_id is null
    union all
    select o.id, o.parent_id, o.kind, o.name, o.code, o.key, o.plain_name, t.depth + 1, t.above || t.name,
           t.path || (o.plain_name || ' ' || o.id)
    from organisations o join tree t on o.parent_id = t.id
), page as (
    select t.*, count(*) over ()::integer as found from tree t
    where :pattern::text is null or t.plain_name like :pattern or t.key like :code
    order by t.path limit :most offset :skip
)
select p.id, p.parent_id, p.depth, p.kind, p.name, p.code, p.above, p.found,
       (select count(*) from counting_endorsements e where e.organisation_id = p.id)::integer as standing
from page p order by p.path;

-- name: list_named(campaign_id, plain_name, key)
-- Bodies of this very name or code, wherever they stand: two at most.
select * from organisations
where campaign_id = :campaign_id and (plain_name = :plain_name or key = :key)
order by created_at, id limit 2;

-- name: list_above(campaign_id)
-- What others belong to, for a form to suggest.
select o.name from organisations o
where o.campaign_id = :campaign_id and exists (select from organisations b where b.parent_id = o.id)
order by o.plain_name limit 200;

-- name: list_below(organisation_id)
select id, name, kind, code from organisations where parent_id = :organisation_id order by plain_name, id limit 200;

-- name: list_of(organisation_id)
-- Every endorsement that is bound to this body, of whatever state, with its statement.
select e.statement_id, e.id, e.state, e.accepted_at, e.ended_at, s.title, s.slug as statement
from endorsements e join statements_now s on s.id = e.statement_id
where e.organisation_id = :organisation_id order by e.accepted_at desc, e.id limit 200;

-- name: list_doubles(campaign_id, least)
-- Pairs of bodies that may be one: of one name or code, or of names at least so alike (0 to 1); no body with what it
-- belongs to. The likeliest first. Every pair is compared: 2 seconds at 2,000 bodies, on a page that few open.
select a.id, a.name, a.kind, a.code, p.name as parent, b.id as other_id, b.name as other_name, b.kind as other_kind,
       b.code as other_code, q.name as other_parent, a.key = b.key as same_key,
       extensions.similarity(a.plain_name, b.plain_name) as likeness
from organisations a
join organisations b on b.campaign_id = a.campaign_id and b.id > a.id
     and (b.key = a.key or b.plain_name operator(extensions.%) a.plain_name)
left join organisations p on p.id = a.parent_id
left join organisations q on q.id = b.parent_id
where a.campaign_id = :campaign_id
  and a.parent_id is distinct from b.id and b.parent_id is distinct from a.id
  and (a.key = b.key or extensions.similarity(a.plain_name, b.plain_name) >= :least)
order by a.key = b.key desc, extensions.similarity(a.plain_name, b.plain_name) desc, a.id, b.id
limit 100;

-- name: find_merge(id, into_id)^
-- What merging the first into the second would move; `both`: titles of statements that both endorse now; `twice`: names
-- of bodies below the first that the second has already; `inside`: the second stands below the first.
with recursive path as (
    select id, parent_id from organisations where id = :into_id
    union
    select o.id, o.parent_id from organisations o join path p on o.id = p.parent_id
)
select (select count(*) from endorsements e where e.organisation_id = :id)::integer as endorsements,
       (select count(*) from counting_endorsements e where e.organisation_id = :id)::integer as standing,
       (select count(*) from organisations o where o.parent_id = :id)::integer as below,
       array(select s.title from counting_endorsements e
             join counting_endorsements f on f.statement_id = e.statement_id and f.organisation_id = :into_id
             join statements_now s on s.id = e.statement_id
             where e.organisation_id = :id order by s.title) as both,
       array(select o.name from organisations o join organisations b on b.parent_id = :into_id and b.key = o.key
             where o.parent_id = :id and b.id <> :id order by o.name) as twice,
       exists (select from path where id = :id) as inside;

-- name: hold_endorsements(id)
-- Nobody else moves what this body gave until the transaction ends; in the order in which the review holds them.
select id from endorsements where organisation_id = :id order by statement_id, id for update;

-- name: give_up_key(id)!
-- Of a body that is about to go: one below it may have the same, and come to stand beside it until then.
update organisations set key = id::text where id = :id;

-- name: move_endorsements(id, into_id)!
update endorsements set organisation_id = :into_id where organisation_id = :id;

-- name: move_below(id, into_id)!
update organisations set parent_id = :into_id where parent_id = :id;
