-- What an address does not want, and how much it may get. Addresses are keyed hashes.

-- name: take_letter(address_key, purpose, per_day, per_month)$
-- True: one more letter is granted and counted. None: the cap is reached.
insert into letter_caps as c (address_key, purpose, taken)
values (:address_key, :purpose, array[now()])
on conflict (address_key, purpose) do update
    set taken = (array[now()] || c.taken)[1 : greatest(10, :per_day::integer, :per_month::integer)]
where coalesce(c.taken[:per_day::integer] <= now() - interval '1 day', true)
    and coalesce(c.taken[:per_month::integer] <= now() - interval '30 days', true)
returning true;

-- name: free_again_at(address_key, purpose, per_day, per_month)$
select greatest(
    taken[:per_day::integer] + interval '1 day',
    taken[:per_month::integer] + interval '30 days',
    now() + interval '1 second'
) from letter_caps where address_key = :address_key and purpose = :purpose;

-- name: list_scopes(address_key, campaign_id)
select scope from suppressions
where address_key = :address_key and (campaign_id is null or campaign_id = :campaign_id);

-- name: suppress(id, address_key, scope, campaign_id)!
insert into suppressions (id, address_key, scope, campaign_id)
values (:id, :address_key, :scope, :campaign_id)
on conflict do nothing;

-- name: lift(address_key, scope, campaign_id)!
delete from suppressions
where address_key = :address_key and scope = :scope and campaign_id is not distinct from :campaign_id;

-- name: lift_all(address_key)
-- Every scope of an address, of all campaigns.
delete from suppressions where address_key = :address_key returning scope, campaign_id;

-- name: find_campaign(id)^
select * from campaigns where id = :id;
