-- Timed jobs are rows, claimed by whichever worker comes first.

-- name: register(name, every)!
-- A job the site knows; a changed interval is taken over.
insert into jobs (name, every) values (:name, :every)
on conflict (name) do update set every = excluded.every where jobs.every <> excluded.every;

-- name: claim(names)
-- Those of them that are due, now this worker's.
update jobs set next_run = now() + every, last_run = now()
where name = any (:names) and next_run <= now() returning name;

-- name: done(name, result, failed)!
-- What the job said of its run, or how it failed.
update jobs set result = :result, failures = case when :failed then failures + 1 else 0 end where name = :name;

-- name: list_all()
-- Each with the seconds since it was begun last.
select name, extract(epoch from every)::integer as every, failures,
    extract(epoch from now() - last_run)::double precision as age
from jobs order by name;

-- name: tend_origins(keep_days)$
-- Partitions for the days to come; old addresses become networks.
select tend_origins(:keep_days);

-- name: expire_consents(older_than)$
-- Consent records past their time.
select expire_consents(:older_than);

-- name: forget_tries()$
-- Wrong codes of earlier days and letter times that no cap asks for.
with tries as (delete from code_tries where day < current_date returning 1),
     taken as (delete from letter_caps where taken[1] < now() - interval '31 days' returning 1),
     links as (delete from my_links where made_at < now() - interval '1 day' returning 1)
select (select count(*) from tries) + (select count(*) from taken) + (select count(*) from links);
