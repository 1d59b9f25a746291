-- Organisers: the audit.

-- name: note(id, actor, act, campaign_id, statement_id, details)!
insert into audit (id, actor, act, campaign_id, statement_id, details)
values (:id, :actor, :act, :campaign_id, :statement_id, :details);
