-- The audit as organisers read it; lines are written by organisers.note alone.

-- name: list_names(ids)
-- Who these organisers are.
select id, name from organisers where id = any (:ids::uuid[]);

-- name: list_page(campaign_id, noun, actor, statement_id, since, until, before, most)
-- The newest first, from before a line on. Null filters: everything; `noun`: the first word of an act.
select a.id, a.actor, a.act, a.details, a.happened_at, a.statement_id, n.title, n.slug
from audit a left join statements_now n on n.id = a.statement_id
where a.campaign_id = :campaign_id
  and (:noun::text is null or split_part(a.act, ' ', 1) = :noun::text)
  and (:actor::text is null or a.actor = :actor::text)
  and (:statement_id::uuid is null or a.statement_id = :statement_id::uuid)
  and (:since::timestamptz is null or a.happened_at >= :since::timestamptz)
  and (:until::timestamptz is null or a.happened_at < :until::timestamptz)
  and (:before::uuid is null or (a.happened_at, a.id) < (
      select b.happened_at, b.id from audit b where b.id = :before::uuid and b.campaign_id = :campaign_id))
order by a.happened_at desc, a.id desc limit :most;

-- name: list_nouns(campaign_id)
-- What was acted upon.
select distinct split_part(act, ' ', 1) as noun from audit where campaign_id = :campaign_id order by 1;

-- name: list_actors(campaign_id)
-- Who acted.
select distinct actor from audit where campaign_id = :campaign_id order by 1;

-- name: take(campaign_id, noun, actor, statement_id, since, until)
-- The same lines as a list, the oldest first. Times in UTC.
select (a.happened_at at time zone 'UTC')::timestamp(0) as happened_at, a.act, n.slug as statement, a.actor,
       o.name as organiser, a.details::text as details, a.id
from audit a left join statements_now n on n.id = a.statement_id
left join organisers o on a.actor = 'organiser:' || o.id
where a.campaign_id = :campaign_id
  and (:noun::text is null or split_part(a.act, ' ', 1) = :noun::text)
  and (:actor::text is null or a.actor = :actor::text)
  and (:statement_id::uuid is null or a.statement_id = :statement_id::uuid)
  and (:since::timestamptz is null or a.happened_at >= :since::timestamptz)
  and (:until::timestamptz is null or a.happened_at < :until::timestamptz)
order by a.happened_at, a.id;
