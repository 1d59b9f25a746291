-- The public list of the organisations that endorse.

-- name: list_newest(statement_id, most)
-- For the statement's page: whether model motions are published, and its endorsements, the featured ones first, then
-- the newest. One row at least: where nobody endorses, without an id.
select m.motions, e.*
from (select exists (select from motions where statement_id = :statement_id and state = 'published') as motions) m
left join lateral (
    select e.id, e.name, e.code, e.wording, e.decided, e.met_on, e.featured, e.place, e.accepted_at,
           encode(e.logo, 'hex') as logo, f.type as logo_type, f.width as logo_width, f.height as logo_height
    from public_endorsements e left join files f on f.digest = e.logo
    where e.statement_id = :statement_id
    order by e.featured desc, e.place, e.accepted_at desc, e.id desc limit :most
) e on true
order by e.featured desc, e.place, e.accepted_at desc, e.id desc;

-- name: list_logos(statement_id, most)
-- The logo wall, in the same order.
select e.id, e.name, e.web_address, encode(e.logo, 'hex') as logo, f.type as logo_type, f.width as logo_width,
       f.height as logo_height
from public_endorsements e join files f on f.digest = e.logo
where e.statement_id = :statement_id
order by e.featured desc, e.place, e.accepted_at desc, e.id desc limit :most;

-- name: list_page(statement_id, kinds, kind, below, pattern, plain, code, most, skip)
-- One page of the list: by kind in the order of `kinds`, then by what the bodies belong to. Null filters: everything;
-- `below`: what belongs to this body, and itself; `pattern`, `plain`, `code`: for LIKE, of what was typed, of its plain
-- form (which the bodies above may have too) and of the key that a branch number has. `found`: how many on all pages.
with recursive below as (
    select id from organisations where id = :below::uuid
    union
    select o.id from organisations o join below b on o.parent_id = b.id
)
select e.id, e.organisation_id, e.name, e.code, e.kind, e.parent_id, e.parent, g.name as grandparent, e.area,
       e.web_address, e.wording, e.decided, e.met_on, e.version, e.members, e.members_on, e.members_source, e.level,
       encode(e.logo, 'hex') as logo, f.type as logo_type, f.width as logo_width, f.height as logo_height,
       count(*) over ()::integer as found
from public_endorsements e
join organisations o on o.id = e.organisation_id
left join organisations p on p.id = e.parent_id
left join organisations g on g.id = p.parent_id
left join files f on f.digest = e.logo
where e.statement_id = :statement_id
  and (:kind::text is null or e.kind = :kind)
  and (:below::uuid is null or e.organisation_id in (select id from below))
  and (:pattern::text is null or e.name ilike :pattern or e.code ilike :pattern or e.area ilike :pattern
       or e.plain_name like :plain or p.plain_name like :plain or g.plain_name like :plain or o.key like :code)
order by array_position(:kinds::text[], e.kind), concat_ws(' ', g.plain_name, p.plain_name), p.id nulls first,
         e.plain_name, e.id
limit :most offset :skip;

-- name: list_kinds(statement_id)
-- How many of each kind.
select kind, count(*)::integer as bodies from public_endorsements where statement_id = :statement_id group by kind;

-- name: list_tops(statement_id, most)
-- What several of them belong to, at the top of each tree: those with the most first.
with recursive above as (
    select o.id, o.parent_id, o.name
    from counting_endorsements e join organisations o on o.id = e.organisation_id where e.statement_id = :statement_id
    union all
    select o.id, o.parent_id, o.name from above a join organisations o on o.id = a.parent_id
)
select id, name, count(*)::integer as bodies from above where parent_id is null
group by id, name having count(*) > 1 order by count(*) desc, name limit :most;

-- name: find_body(statement_id, id)$
-- Its name; only of a body that endorses this statement, or stands above one that does: the others are nobody's business.
with recursive below as (
    select id from organisations where id = :id
    union
    select o.id from organisations o join below b on o.parent_id = b.id
)
select name from organisations where id = :id and exists (
    select from counting_endorsements e join below b on b.id = e.organisation_id where e.statement_id = :statement_id);

-- name: count_earlier(statement_id, version)$
-- How many endorsed another version of the text than this one.
select count(*)::integer from counting_endorsements where statement_id = :statement_id and version <> :version;

-- name: find_members(statement_id)^
-- The affiliated members. No row: no body told any.
select * from affiliated_members(:statement_id);
