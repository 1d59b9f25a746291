-- The letter that tells campaigns what waits at their desk.

-- name: tell()
-- Campaigns to be told: a comment or a report came since they were told last, and that was a day ago.
with news as (
    select 'words waiting ' || c.id as name, c.id, c.language
    from campaigns c left join facts f on f.name = 'words waiting ' || c.id
    where c.contact_email <> '' and not c.demonstration
      and (f.value is null or f.value::timestamptz <= now() - interval '1 day')
      and exists (
          select from statements s join comments o on o.statement_id = s.id
          join counting_signatures g on g.statement_id = o.statement_id and g.id = o.id
          where s.campaign_id = c.id and o.state = 'waiting' and (f.value is null or o.came_at > f.value::timestamptz)
          union all
          select from statements s join reports r on r.statement_id = s.id
          where s.campaign_id = c.id and r.state = 'waiting'
            and (f.value is null or r.created_at > f.value::timestamptz))
), noted as (
    insert into facts as f (name, value) select name, now()::text from news
    on conflict (name) do update set value = excluded.value
    where f.value::timestamptz <= now() - interval '1 day'
    returning f.name
)
select news.id, news.language from news join noted using (name);

-- name: find_campaign(id)^
select * from campaigns where id = :id;
