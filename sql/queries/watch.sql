-- What is wrong with the site, and when its operator was told (watch.py). The row decides, so that one worker tells.

-- name: see(name, details)^
-- It is wrong. `news`: it began, or was told a day ago; `untold`: there was no letter about it yet.
insert into troubles as t (name, details) values (:name, :details::jsonb)
on conflict (name) do update set details = excluded.details, seen_at = now(), over_at = null,
    since = case when t.over_at is null then t.since else now() end,
    letter_id = case when t.over_at is null then t.letter_id end,
    told_at = case when t.over_at is null and t.told_at > now() - interval '1 day' then t.told_at else now() end
returning told_at = now() as news, letter_id is null as untold;

-- name: miss(name)$
-- It is not wrong, and has not been for half an hour: it is over. True: there was a letter about it. No row: it was
-- over before, or is not yet.
update troubles set over_at = now()
where name = :name and over_at is null and seen_at < now() - interval '30 minutes' returning letter_id is not null;

-- name: told_by(name, letter_id)!
-- The newest letter about it.
update troubles set letter_id = :letter_id, told_at = now() where name = :name;

-- name: find(letter_id)^
-- What this letter is about, unless a newer one is about it.
select * from troubles where letter_id = :letter_id;
