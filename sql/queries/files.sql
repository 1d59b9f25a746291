-- Files that were sent: kept by their SHA-256, shown to those who may, gone when nothing refers to them.

-- name: put(digest, type, size, width, height, data, most, least)$
-- The same file again is as if it were new, but where there is no room: there it gets no longer time. Nothing: it is new,
-- and with what no confirmed claim refers to it would hold more than `most` bytes. Each file counts as `least` bytes at
-- least, so that there are only so many to add up; what is ten weeks old was confirmed or is gone.
with room as (
    select :most >= greatest(:size::integer, :least::integer) + coalesce(sum(greatest(f.size, :least::integer)), 0) as free
    from files f
    where f.put_at > now() - interval '10 weeks'
      and not exists (select from endorsements e where e.logo = f.digest and e.state <> 'pending')
      and not exists (select from endorsements e where e.minutes = f.digest and e.state <> 'pending')
      and not exists (select from campaigns c where c.logo = f.digest)
)
insert into files (digest, type, size, width, height, data)
select :digest, :type, :size, :width, :height, :data from room
where free or exists (select from files where digest = :digest)
on conflict (digest) do update
set put_at = case when (select free from room) then now() else files.put_at end
returning digest;

-- name: find(digest)^
select digest, type, size, width, height, data from files where digest = :digest;

-- name: purge()!
-- An hour later than the last ticket for it. What is being referred to just now is left alone; where the reference
-- was made between the look and the lock, the foreign key fails this run, and the next comes in an hour.
delete from files where digest in (
    select f.digest from files f
    where f.put_at < now() - interval '25 hours'
      and not exists (select from endorsements e where e.logo = f.digest)
      and not exists (select from endorsements e where e.minutes = f.digest)
      and not exists (select from campaigns c where c.logo = f.digest)
    for update skip locked);
