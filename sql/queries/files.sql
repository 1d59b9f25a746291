-- Files that were sent: kept by their SHA-256, shown to those who may, gone when nothing refers to them.

-- name: put(digest, type, size, width, height, data, most)$
-- The same file again is as if it were new. Nothing: what no confirmed claim refers to holds more than `most` bytes.
insert into files (digest, type, size, width, height, data)
select :digest, :type, :size, :width, :height, :data
where exists (select from files where digest = :digest)
   or :most >= (
        select coalesce(sum(f.size), 0) from files f
        where not exists (select from endorsements e where e.logo = f.digest and e.state <> 'pending')
          and not exists (select from endorsements e where e.minutes = f.digest and e.state <> 'pending'))
on conflict (digest) do update set put_at = now()
returning digest;

-- name: find(digest)^
select digest, type, size, width, height, data from files where digest = :digest;

-- name: find_logo(digest)^
-- Only while a public endorsement shows it.
select f.type, f.data from files f
where f.digest = :digest and exists (
    select from endorsements e join public_endorsements p using (statement_id, id)
    where e.logo = f.digest and p.logo = f.digest);

-- name: find_minutes(statement_id, id)^
select f.type, f.data from endorsements e join files f on f.digest = e.minutes
where e.statement_id = :statement_id and e.id = :id;

-- name: delete(digest)!
-- What is referred to stays.
delete from files f
where f.digest = :digest
  and not exists (select from endorsements e where e.logo = f.digest)
  and not exists (select from endorsements e where e.minutes = f.digest);

-- name: purge()!
-- An hour later than the last ticket for it. What is being referred to just now is left alone; where the reference
-- was made between the look and the lock, the foreign key fails this run, and the next comes in an hour.
delete from files where digest in (
    select f.digest from files f
    where f.put_at < now() - interval '25 hours'
      and not exists (select from endorsements e where e.logo = f.digest)
      and not exists (select from endorsements e where e.minutes = f.digest)
    for update skip locked);
