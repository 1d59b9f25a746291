-- The public door: what the front pages list.

-- name: list_open()
-- Every open statement, the newest first.
select * from statements_now where is_open order by opened_at desc, id desc;

-- name: list_by_campaign(campaign_id)
-- A campaign's statements that the public may see, the open ones first.
select * from statements_now where campaign_id = :campaign_id and state <> 'draft'
order by is_open desc, opened_at desc, id desc;

-- name: find_live(statement_id)^
-- What the live count tells of a statement. No row: it is not open.
select k.people, k.organisations, k.revision, k.counted_at, s.goal, s.opened_at, s.is_open
from statements_now s join public_counts k on k.statement_id = s.id
where s.id = :statement_id and s.is_open;
