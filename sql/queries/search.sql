-- The desk's search among the signatures of a statement. Each query is bounded, whatever is asked: it either looks at
-- some thousand rows and says where it stopped, or says that there are too many for it (docs/decisions/0034).
-- What they share: `patterns` for signatures.words, all of which have to be there; source, area (null: any), whether
-- there is a comment; `states`; ids from `since` to under `before`, for the time is in the id; newest first.
-- `offset 0` keeps a part as it is written: what is inside decides on the index, whatever is asked.

-- name: list_patterns(words)
-- What was typed as patterns; `sought`: as the index is asked for it, of an address its local part alone: what every
-- address of a provider has would only slow it down.
select like_part(word) as pattern,
       like_part(case when word ~ '[[:alnum:]]{3}[^@]*@' then split_part(word, '@', 1) || '@' else word end) as sought
from unnest(:words::text[]) with ordinality as typed (word, nth) order by nth;

-- name: list_by_address(statement_id, address_key, states)
-- Everything of one mailbox, in every state: a look into each of the three partial indexes.
select held.id, held.number, held.state, held.unlisted, held.name, held.email, held.answers ->> 'town' as town, held.source,
       held.created_at, held.confirmed_at, held.erased_at, held.answers ? 'comment' as has_comment
from (
    select * from signatures where statement_id = :statement_id and address_key = :address_key
      and state in ('confirmed', 'held', 'invalidated')
    union all
    select * from signatures where statement_id = :statement_id and address_key = :address_key and state = 'pending'
    union all
    select * from signatures where statement_id = :statement_id and address_key = :address_key
      and state in ('withdrawn', 'superseded')
) as held
where held.state = any (:states::text[])
order by held.id desc limit 500;

-- name: list_by_words(statement_id, sought, patterns, source, area, comment, states, since, before, most, few)
-- By the index of words, where no more than `few` have what is `sought`; one row with `many` otherwise. Four at most: the
-- index wants each by itself.
with found as materialized (
    select * from (
        select * from signatures g
        where g.words is not null
          and g.words like (:sought::text[])[1]
          and g.words like coalesce((:sought::text[])[2], (:sought::text[])[1])
          and g.words like coalesce((:sought::text[])[3], (:sought::text[])[1])
          and g.words like coalesce((:sought::text[])[4], (:sought::text[])[1])
        offset 0
    ) as worded
    where statement_id = :statement_id limit :few::integer + 1
)
select size.many, g.id, g.number, g.state, g.unlisted, g.name, g.email, g.answers ->> 'town' as town, g.source,
       g.created_at, g.confirmed_at, g.erased_at, g.answers ? 'comment' as has_comment
from (select count(*) > :few::integer as many from found) size
left join lateral (
    select * from found
    where not size.many and words like all (:patterns::text[]) and id < :before and id >= :since and state = any (:states::text[])
      and (:source::text is null or source = :source) and (not :comment::boolean or answers ? 'comment')
      and (:area::text is null or area_of(answers) = :area)
    order by id desc limit :most
) g on true
order by g.id desc;

-- name: list_by_facets(statement_id, patterns, source, area, comment, states, since, before, most, few)
-- By the index of facets, as `list_by_words`; patterns may be none.
with found as materialized (
    select * from (
        select * from signatures g
        where g.words is not null
          and facets(g.statement_id, g.source, g.answers) @> array_remove(array[right((:statement_id::uuid)::text, 12),
                  'from ' || :source::text, 'area ' || :area::text, case when :comment::boolean then 'comment' end], null)
        offset 0
    ) as such
    where statement_id = :statement_id limit :few::integer + 1
)
select size.many, g.id, g.number, g.state, g.unlisted, g.name, g.email, g.answers ->> 'town' as town, g.source,
       g.created_at, g.confirmed_at, g.erased_at, g.answers ? 'comment' as has_comment
from (select count(*) > :few::integer as many from found) size
left join lateral (
    select * from found
    where not size.many and id < :before and id >= :since and state = any (:states::text[])
      and (cardinality(:patterns::text[]) = 0 or words like all (:patterns::text[]))
    order by id desc limit :most
) g on true
order by g.id desc;

-- name: list_waiting(statement_id, patterns, source, area, comment, states, since, before, most, few)
-- Attempts that nobody confirmed yet, as `list_by_words`. They have no words yet: nothing is found by these.
with found as materialized (
    select g.* from signatures g where g.statement_id = :statement_id and g.state = 'pending' limit :few::integer + 1
)
select size.many, g.id, g.number, g.state, g.unlisted, g.name, g.email, g.answers ->> 'town' as town, g.source,
       g.created_at, g.confirmed_at, g.erased_at, g.answers ? 'comment' as has_comment
from (select count(*) > :few::integer as many from found) size
left join lateral (
    select * from found
    where not size.many and id < :before and id >= :since and state = any (:states::text[])
      and cardinality(:patterns::text[]) = 0
      and (:source::text is null or source = :source) and (not :comment::boolean or answers ? 'comment')
      and (:area::text is null or area_of(answers) = :area)
    order by id desc limit :most
) g on true
order by g.id desc;

-- name: list_in_order(statement_id, patterns, source, area, comment, states, since, before, most, look)
-- The newest `look` of them, one after the other, until `most` are found. `stopped`: the last id of the look, null where
-- it came to the end. One row at least.
with looked as (
    select id from signatures where statement_id = :statement_id and id < :before and id >= :since
    order by id desc offset :look limit 1
)
select (select id from looked) as stopped, g.*
from (values (1)) as one
left join lateral (
    select id, number, state, unlisted, name, email, answers ->> 'town' as town, source, created_at, confirmed_at,
           erased_at, answers ? 'comment' as has_comment
    from (
        select * from signatures
        where statement_id = :statement_id and id < :before and id >= coalesce((select id from looked), :since)
        order by id desc offset 0
    ) as newest
    where state = any (:states::text[])
      and (cardinality(:patterns::text[]) = 0 or words like all (:patterns::text[]))
      and (:source::text is null or source = :source) and (not :comment::boolean or answers ? 'comment')
      and (:area::text is null or area_of(answers) = :area)
    limit :most
) g on true
order by g.id desc;

-- name: list_set_aside(statement_id, patterns, source, area, comment, state, since, before, most, look)
-- As `list_in_order`, of one state that has an index of its own: held, invalidated or withdrawn.
with looked as (
    select id from signatures
    where statement_id = :statement_id and state = :state and state in ('held', 'invalidated', 'withdrawn')
      and id < :before and id >= :since
    order by id desc offset :look limit 1
)
select (select id from looked) as stopped, g.*
from (values (1)) as one
left join lateral (
    select id, number, state, unlisted, name, email, answers ->> 'town' as town, source, created_at, confirmed_at,
           erased_at, answers ? 'comment' as has_comment
    from (
        select * from signatures
        where statement_id = :statement_id and state = :state and state in ('held', 'invalidated', 'withdrawn')
          and id < :before and id >= coalesce((select id from looked), :since)
        order by id desc offset 0
    ) as newest
    where (cardinality(:patterns::text[]) = 0 or words like all (:patterns::text[]))
      and (:source::text is null or source = :source) and (not :comment::boolean or answers ? 'comment')
      and (:area::text is null or area_of(answers) = :area)
    limit :most
) g on true
order by g.id desc;

-- name: list_sources(statement_id)
-- What came along in the addresses, the most frequent first.
select source from count_sources where statement_id = :statement_id and what = 'people' and source <> '' and value > 0
order by value desc, source limit 200;

-- name: list_areas(statement_id)
-- The areas of those who told one.
select area from count_areas where statement_id = :statement_id and what = 'people' and area <> '' order by area;
