-- Model motions. The public sees published ones alone, under a statement that it may see (statements.find).

-- name: add(statement_id, id, slug, title, body, notes)^
-- No row: the statement has a motion of this slug.
insert into motions (statement_id, id, slug, title, body, notes)
values (:statement_id, :id, :slug, :title, :body, :notes)
on conflict (statement_id, slug) do nothing
returning *;

-- name: replace(statement_id, slug, read, title, body, notes)^
-- Another text; whether it is public stays as it is. `read`: the mark (find_by_id) of what whoever writes has seen, or
-- null. No row: there is no such motion, or somebody else has changed it since.
update motions set title = :title, body = :body, notes = :notes
where statement_id = :statement_id and slug = :slug
  and (:read::text is null or md5(jsonb_build_array(state, title, body, notes)::text) = :read)
returning *;

-- name: publish(statement_id, slug)^
-- No row: there is none, or it is published already.
update motions set state = 'published', published_at = now()
where statement_id = :statement_id and slug = :slug and state <> 'published'
returning *;

-- name: withdraw(statement_id, slug)^
-- No row: there is none, or it is not published.
update motions set state = 'withdrawn'
where statement_id = :statement_id and slug = :slug and state = 'published'
returning *;

-- name: find(statement_id, slug)^
-- For the public.
select * from motions where statement_id = :statement_id and slug = :slug and state = 'published';

-- name: find_known(statement_id, slug)^
-- For whoever has told of putting it: withdrawn ones too.
select * from motions where statement_id = :statement_id and slug = :slug and state <> 'draft';

-- name: find_for_organisers(statement_id, slug)^
-- Whatever its state.
select * from motions where statement_id = :statement_id and slug = :slug;

-- name: find_by_id(statement_id, id)^
-- Whatever its state; `mark` names the text and the state.
select *, md5(jsonb_build_array(state, title, body, notes)::text) as mark
from motions where statement_id = :statement_id and id = :id;

-- name: count_submissions(statement_id, id)$
-- How many bodies have told of putting it, and not that they don't.
select count(*)::integer from submissions
where statement_id = :statement_id and motion_id = :id and state not in ('pending', 'withdrawn');

-- name: list_published(statement_id)
-- In the order in which they were published.
select slug, title, published_at from motions
where statement_id = :statement_id and state = 'published'
order by published_at, id;

-- name: list_for_organisers(statement_id)
select id, slug, state, title, created_at, published_at from motions
where statement_id = :statement_id
order by created_at, id;
