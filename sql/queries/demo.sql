-- The demonstration campaign.

-- name: drop_letters(campaign_id)!
-- Nobody is at home at its addresses.
delete from outbox where campaign_id = :campaign_id;

-- name: remove()$
-- How many campaigns went, with every trace of them.
select remove_demonstration();
