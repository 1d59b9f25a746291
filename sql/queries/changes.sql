-- What a process looks at every five seconds, beside listening: has anything changed?

-- name: list_editions(statement_ids)
-- A text for each statement that is another one after each change of its row, campaign, count, notes, names,
-- endorsements or motions.
select s.id as statement_id, concat_ws(' ', s.xmin, c.xmin, t.revision,
       (select max(n.id::text) from notes n where n.statement_id = s.id),
       (select e.id::text from signature_events e where e.statement_id = s.id order by e.id desc limit 1),
       (select e.id::text from endorsement_events e where e.statement_id = s.id order by e.id desc limit 1),
       (select sum(m.xmin::text::bigint) from motions m where m.statement_id = s.id)) as edition
from statements s
join campaigns c on c.id = s.campaign_id
left join tallies t on t.statement_id = s.id
where s.id = any (:statement_ids::uuid[]);

-- name: find_edition()$
-- The same for lists of statements: their rows, campaigns and counts.
select concat_ws(' ', (select count(*) from statements), (select sum(xmin::text::bigint) from statements),
       (select sum(xmin::text::bigint) from campaigns), (select sum(revision) from tallies));
