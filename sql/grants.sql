-- What the app's role may do. Run after every migration, by the owner, for the role of DATABASE_URL;
-- {app} is that role, quoted. Append-only tables give neither UPDATE nor DELETE.
grant usage on schema public to {app};
grant select, insert, update, delete on all tables in schema public to {app};
grant usage on all sequences in schema public to {app};
revoke update, delete, truncate on versions, notes, statement_events, signature_events, endorsement_events,
    consent_texts, consents, audit from {app};
revoke insert, update, delete, truncate on migrations from {app};
revoke delete, truncate on campaigns, statements from {app}; -- remove_demonstration() alone removes any
revoke execute on all functions in schema public from public;
grant execute on function expire_consents(interval), tend_origins(integer), remove_demonstration() to {app};
grant usage on schema extensions to {app}; -- pg_trgm: the likeness of names
grant execute on function affiliated_members(uuid) to {app};
grant execute on function area_of(jsonb), comment_digest(jsonb), disarmed(text), reminder_day(date, date, date) to {app};
grant execute on function folded(text), like_part(text), facets(uuid, text, jsonb), ruled(uuid, jsonb) to {app};
grant execute on function spend(text[], text[], interval, interval, interval, interval) to {app};
