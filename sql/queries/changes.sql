-- What a process looks at every five seconds, beside listening: has anything changed?

-- name: list_editions(statement_ids)
-- A text for each statement that is another one after each change of its row, campaign, count, notes, names,
-- endorsements, motions or of a body of its campaign. Events of endorsements are counted: which came last, neither their
-- ids nor their times say where two processes write.
select s.id as statement_id, concat_ws(' ', s.xmin, c.xmin, t.revision,
       (select max(n.id::text) from notes n where n.statement_id = s.id),
       (select e.id::text from signature_events e where e.statement_id = s.id order by e.id desc limit 1),
       (select sum(i.xmin::text::bigint) from invalidations i where i.statement_id = s.id),
       (select count(*) from endorsement_events e where e.statement_id = s.id),
       (select sum(o.xmin::text::bigint) from organisations o where o.campaign_id = s.campaign_id),
       (select sum(m.xmin::text::bigint) from motions m where m.statement_id = s.id),
       (select concat(count(*), max(o.judged_at)) from comments o where o.statement_id = s.id and o.state = 'approved')) as edition
from statements s
join campaigns c on c.id = s.campaign_id
left join tallies t on t.statement_id = s.id
where s.id = any (:statement_ids::uuid[]);

-- name: find_edition()$
-- The same for lists of statements: their rows, campaigns and counts.
select concat_ws(' ', (select count(*) from statements), (select sum(xmin::text::bigint) from statements),
       (select sum(xmin::text::bigint) from campaigns), (select sum(revision) from tallies));
