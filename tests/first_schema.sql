-- The whole database as it is now: the domain model. Read this first.
--
-- campaign ─┬─ statement ─┬─ versions, notes                       (the text, append-only)
--           │             ├─ signatures ── consents, origins, events (what a person did)
--           │             ├─ endorsements ── consents, events        (what an organisation did, by its officer)
--           │             ├─ motions ── submissions                  (a text to adopt; the bodies that put it)
--           │             └─ tally_queue ─▶ tallies, counts …        (the public numbers, one writer)
--           ├─ organisations: a tree    (branch in region in union; an accepted endorsement is bound to one)
--           ├─ roles ─ organisers ── sessions, passkeys, recovery codes …   (who looks after it)
--           └─ slugs · audit            outbox · caps · suppressions · throttle · jobs · files (not per statement)
--
-- Every per-statement table has the primary key (statement_id, id) and unique keys that begin with
-- statement_id, so that they can be distributed by statement. Ids are uuid version 7, made in Python.
-- Two roles: the owner of these tables migrates; the app's role gets what sql/grants.sql says.

-- ───────────────────────────────────────────────────────────── who hosts

create table campaigns (
    id              uuid primary key,
    slug            text not null,
    name            text not null check (length(name) between 1 and 200),
    introduction    text not null default '',           -- Markdown
    language        text not null default 'en',
    -- The data controller and the imprint (privacy.md 1, 11): no statement opens without them.
    controller      text not null default '',           -- legal name
    postal_address  text not null default '',
    contact_email   text not null default '',
    on_behalf_of    text not null default '',
    sender          text not null default '',           -- From address; empty: the site's
    bulk_sender     text not null default '',           -- of letters to many; empty: as above
    logo            bytea,                              -- files.digest
    social_links    jsonb not null default '[]',        -- [{"name": …, "url": …}]: "follow us"
    accent          text not null default '#b4232f' check (accent ~ '^#[0-9a-f]{6}$'),
    partners        jsonb not null default '[]',        -- [{"key": …, "name": …}]: a consent each
    additions       jsonb not null default '{}',        -- {"privacy": Markdown, …}: what it adds to its generated pages
    retention_months smallint not null default 6 check (retention_months between 1 and 24),
    demonstration   boolean not null default false,     -- set once, at birth: may be removed whole
    created_at      timestamptz not null default now()
);

create table statements (
    id              uuid primary key,
    campaign_id     uuid not null references campaigns (id),
    slug            text not null,
    kind            text not null check (kind in ('petition', 'open letter', 'campaign statement')),
    language        text not null default 'en',
    state           text not null default 'draft' check (state in ('draft', 'open', 'closed', 'archived')),
    version         integer not null default 1,         -- the current one: versions.number
    addressed_to    text not null default '',
    goal            integer check (goal > 0),
    -- [{"name": "town", "required": false}, {"name": "shift", "label": …, "kind": "choice", "choices": […]}]
    fields          jsonb not null default '[]',
    -- Three field sets, fixed when the statement opens (privacy.md 5).
    public_fields   text[] not null default '{}',
    handover_fields text[] not null default '{}',
    export_fields   text[] not null default '{}',
    closes_at       timestamptz,
    opened_at       timestamptz,
    closed_at       timestamptz,
    anonymised_at   timestamptz,                        -- retention was carried out: can't reopen
    created_at      timestamptz not null default now()
);
create index statements_by_campaign on statements (campaign_id);

-- The bodies that endorse, and those that they belong to: branch in region in union.
create schema extensions;
create extension pg_trgm schema extensions;             -- trusted: the owner of the database may
create table organisations (
    id              uuid primary key,
    campaign_id     uuid not null references campaigns (id),
    parent_id       uuid,
    kind            text not null check (kind in (
                        'national union', 'union region', 'union branch', 'trades council', 'constituency party',
                        'party group', 'student union', 'councillors'' group', 'campaign', 'workplace committee',
                        'faith or community group', 'company or co-op', 'other')),
    name            text not null check (length(name) between 1 and 200),
    code            text not null default '' check (length(code) <= 40),   -- branch number
    -- By organisations/key.py alone: the normal form of the code where there is one, else of the name; of the name.
    key             text not null check (key <> ''),
    plain_name      text not null check (plain_name <> ''),
    created_at      timestamptz not null default now(),
    check (parent_id <> id),
    unique (campaign_id, id),
    foreign key (campaign_id, parent_id) references organisations (campaign_id, id),
    constraint one_organisation unique nulls not distinct (campaign_id, key, parent_id) -- a key is looked for under any parent
);
create index organisations_below on organisations (parent_id);
create index organisations_like on organisations using gin (plain_name extensions.gin_trgm_ops);

-- Pictures and documents that were sent, by the SHA-256 of what is kept: checked and made anew before (files/).
create table files (
    digest          bytea primary key check (length(digest) = 32),
    type            text not null check (type in ('application/pdf', 'image/png', 'image/jpeg', 'image/webp')),
    size            integer not null check (size > 0),  -- bytes
    width           integer,                            -- pixels, of pictures
    height          integer,
    data            bytea not null,
    put_at          timestamptz not null default now(), -- the last time; what nothing refers to goes a day later
    check (size = length(data)),
    check ((type = 'application/pdf') = (width is null and height is null))
);
alter table files alter column data set storage external; -- compressed already
create index files_by_age on files (put_at);
alter table campaigns add foreign key (logo) references files (digest);

-- One table of slugs for each space; an old slug redirects for ever and can't be taken.
create table slugs (
    space           text not null check (space in ('campaign', 'statement')),
    slug            text not null check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 80),
    campaign_id     uuid not null references campaigns (id),
    statement_id    uuid references statements (id),
    created_at      timestamptz not null default now(),
    primary key (space, slug),
    check ((space = 'statement') = (statement_id is not null))
);

-- The exact text that a signature was given to. Append-only.
create table versions (
    statement_id    uuid not null references statements (id),
    id              uuid not null,
    number          integer not null check (number > 0),
    title           text not null check (length(title) between 1 and 200),
    body            text not null check (length(body) between 1 and 100000),   -- Markdown
    created_at      timestamptz not null default now(),
    primary key (statement_id, id),
    unique (statement_id, number)
);

-- A dated addition under an open statement's text. Append-only.
create table notes (
    statement_id    uuid not null references statements (id),
    id              uuid not null,
    body            text not null check (length(body) between 1 and 10000),    -- Markdown
    created_at      timestamptz not null default now(),
    primary key (statement_id, id)
);

-- What the public may know of a statement's own history. Append-only.
create table statement_events (
    statement_id    uuid not null references statements (id),
    id              uuid not null,
    act             text not null check (act in ('opened', 'closed', 'reopened', 'archived', 'goal', 'closing date')),
    details         jsonb not null default '{}',        -- {"from": …, "to": …}
    happened_at     timestamptz not null default now(),
    primary key (statement_id, id)
);

-- ───────────────────────────────────────────────────────────── who looks after it

create table organisers (
    id              uuid primary key,
    address_key     bytea not null unique,              -- as of signatures
    email           text not null,                      -- as typed
    name            text not null check (length(name) between 1 and 100),
    language        text not null default 'en',         -- of their desk and letters
    -- The secret of one-time codes is made of this and PETITIONS_ADDRESS_KEY: the database alone opens nothing.
    totp_nonce      bytea,
    totp_since      timestamptz,                        -- null: not proven yet
    totp_step       bigint,                             -- the last time step used, RFC 6238 §5.2: each once
    demonstration   boolean not null default false,
    created_at      timestamptz not null default now()
);

-- What an organiser may do in a campaign: petitions/organisers/roles.py.
create table roles (
    campaign_id     uuid not null references campaigns (id),
    organiser_id    uuid not null references organisers (id),
    role            text not null check (role in ('owner', 'organiser', 'moderator', 'stall', 'reader')),
    given_by        text not null,                      -- as the audit's actor
    since           timestamptz not null default now(),
    primary key (campaign_id, organiser_id)
);
create index roles_of_an_organiser on roles (organiser_id);

create table invitations (
    id              uuid primary key,
    campaign_id     uuid not null references campaigns (id),
    address_key     bytea not null,
    email           text not null,
    role            text not null check (role in ('owner', 'organiser', 'moderator', 'stall', 'reader')),
    given_by        text not null,
    language        text not null default 'en',
    created_at      timestamptz not null default now(),
    ended_at        timestamptz                         -- accepted or taken back; good for 7 days
);
create unique index one_standing_invitation on invitations (campaign_id, address_key) where ended_at is null;

-- A log-in: asked for by letter (the browser that asked holds the mark) or made on this machine by command.
create table log_ins (
    id              uuid primary key,
    organiser_id    uuid not null references organisers (id) on delete cascade,
    way             text not null check (way in ('letter', 'command')),
    mark            bytea unique,                       -- 16 bytes, of the browser's cookie
    created_at      timestamptz not null default now(),
    letter_at       timestamptz,                        -- when the letter was handed to SMTP
    tries           smallint not null default 0,        -- of the code
    used_at         timestamptz
);
create index log_ins_by_age on log_ins (created_at);

create table sessions (
    id              uuid primary key,
    organiser_id    uuid not null references organisers (id) on delete cascade,
    digest          bytea not null unique check (length(digest) = 32),  -- SHA-256 of what the cookie holds
    way             text not null check (way in ('letter', 'command')),
    browser         text not null default '',           -- "Firefox on Linux", for the list of sessions
    created_at      timestamptz not null default now(),
    seen_at         timestamptz not null default now(),
    second_at       timestamptz,                        -- when the second factor was shown last
    challenge       bytea,                              -- of a passkey, asked for last: used once
    challenge_at    timestamptz,
    tries           smallint not null default 0,        -- of wrong codes in a row; the fifth ends it
    ended_at        timestamptz
);
create index sessions_of_an_organiser on sessions (organiser_id) where ended_at is null;
create index sessions_by_age on sessions (created_at);

create table passkeys (
    id              uuid primary key,
    organiser_id    uuid not null references organisers (id) on delete cascade,
    credential      bytea not null unique,              -- the credential's id, WebAuthn §4
    public_key      bytea not null,                     -- COSE
    sign_count      bigint not null default 0,
    transports      text[] not null default '{}',
    name            text not null check (length(name) between 1 and 100),
    created_at      timestamptz not null default now(),
    used_at         timestamptz
);
create index passkeys_of_an_organiser on passkeys (organiser_id);

create table recovery_codes (
    organiser_id    uuid not null references organisers (id) on delete cascade,
    digest          bytea not null check (length(digest) = 32),         -- keyed
    created_at      timestamptz not null default now(),
    used_at         timestamptz,
    primary key (organiser_id, digest)
);

-- ───────────────────────────────────────────────────────────── signing

-- As people look for words: without case and accents. Letters with strokes are letters of their own to Unicode, and
-- the last sigma is a sigma; the marks of Indian scripts stay, for they make other words.
create function folded(said text) returns text language plpgsql immutable parallel safe cost 100 as $$
begin
    said := lower(said);
    if octet_length(said) = length(said) then
        return said; -- plain ASCII, as most is
    end if;
    said := regexp_replace(normalize(said, NFKD), '[\u0300-\u036f\u0591-\u05bd\u064b-\u065f\u0670]', '', 'g');
    return replace(translate(lower(said), 'łøđðħıŧ’‘ʼ‐‑–æœς', 'loddhit''''''---aoσ'), 'ß', 'ss');
end $$;

-- What is looked for, as a pattern for signatures.words: anywhere; without three letters in a row, which the index
-- goes by, where a word begins.
create function like_part(said text) returns text language plpgsql immutable parallel safe as $$
begin
    said := folded(said);
    return case when said ~ '[[:alnum:]]{3}' then '%' else '% ' end || regexp_replace(said, '([\\%_])', '\\\1', 'g') || '%';
end $$;

-- One row an attempt. pending → confirmed → withdrawn; held and invalidated beside; superseded: a
-- sibling attempt of the same address won. Erased: personal columns and key are null, the row stays.
create table signatures (
    statement_id    uuid not null references statements (id),
    id              uuid not null,
    -- Widths of 8 bytes, then 4, 2 and 1: no padding between them.
    created_at      timestamptz not null default now(),
    asked_at        timestamptz not null default now(), -- when a letter was last asked for
    letter_at       timestamptz,                        -- only while pending: when the current letter was handed to SMTP
    opened_at       timestamptz,                        -- only while pending: the link was opened, but not used to confirm
    confirmed_at    timestamptz,
    withdrawn_at    timestamptz,
    erased_at       timestamptz,
    version         integer not null,
    number          integer,                            -- given by the tally at the first count, never reused
    key_version     smallint not null default 1,        -- of the provider table behind address_key
    letters         smallint not null default 0,        -- confirmation letters handed to SMTP: the letter number
    tries           smallint not null default 0,        -- of the current letter's code
    reminders       smallint not null default 0,
    display_union   boolean not null default false,     -- role, union and branch, in a personal capacity
    display_comment boolean not null default false,     -- the comment, once an organiser has approved it
    mail_consent    boolean not null default false,     -- now; the proof is in consents
    unlisted        boolean not null default false,     -- organisers took the name off the list; it counts still
    state           text not null default 'pending' check (state in
                        ('pending', 'superseded', 'confirmed', 'held', 'invalidated', 'withdrawn')),
    confirmed_by    text check (confirmed_by in ('link', 'button', 'code')),
    display         text not null default 'hidden' check (display in ('hidden', 'name')),
    language        text not null default 'en',
    -- Personal. Null in a tombstone.
    address_key     bytea,                              -- HMAC of the canonical address, 16 bytes
    name            text,
    email           text,
    answers         jsonb,                              -- what the statement's fields asked
    partner_consents text[],
    source          text,                               -- ?from= code, or 'site:' and the host of the page that linked here
    -- Only while pending.
    fingerprint     bytea,                              -- HMAC of the whole attempt: the same attempt, the same row
    consent_ids     uuid[],                             -- consent_texts agreed to; the ledger is written at confirmation
    -- For the desk's search, from the first count on: signing and confirming never pay for it (docs/decisions/0034).
    words           text generated always as (case when number is not null and erased_at is null then
                        folded(' ' || name || ' ' || email || ' ' || coalesce(answers ->> 'town', '')) end) stored,
    primary key (statement_id, id),
    check (erased_at is null or (address_key is null and name is null and email is null and answers is null))
) with (fillfactor = 85);
create unique index one_standing_signature on signatures (statement_id, address_key)
    where state in ('confirmed', 'held', 'invalidated');
create unique index one_pending_attempt on signatures (statement_id, fingerprint) where state = 'pending';
create index pending_attempts on signatures (statement_id, address_key) where state = 'pending';
-- The public list, in its order, without a look at the hidden ones.
create index public_names on signatures (statement_id, number)
    where state = 'confirmed' and display = 'name' and not unlisted and erased_at is null and number is not null;
create unique index one_number on signatures (statement_id, number) where number is not null;
create index past_signatures on signatures (statement_id, address_key) where state in ('withdrawn', 'superseded');
create index held_signatures on signatures (statement_id, confirmed_at) where state = 'held';
create index unconfirmed_signatures on signatures (created_at) where state in ('pending', 'superseded');
create index signatures_set_aside on signatures (statement_id, state, id) where state in ('held', 'invalidated', 'withdrawn');

-- What happened to a confirmed signature afterwards; no personal values. Append-only.
create table signature_events (
    statement_id    uuid not null references statements (id),
    id              uuid not null,
    signature_id    uuid not null,
    act             text not null check (act in
                        ('withdrew', 'restored', 'changed', 'reconsented', 'erased',
                         'held', 'released', 'invalidated', 'reinstated', 'unlisted', 'listed')),
    actor           text not null default '',           -- of organisers: as in the audit; '' the person or a job
    cause_id        uuid,                               -- of an invalidation: which
    reason          text not null default '',           -- the organisers', as the person was told
    fields          text[] not null default '{}',       -- names of what changed, never values
    from_version    integer,
    to_version      integer,
    happened_at     timestamptz not null default now(),
    primary key (statement_id, id)
);
create index events_of_a_signature on signature_events (statement_id, signature_id);

-- Signatures that a rule of the organisers takes out of the count, in batches, and puts back when it is undone.
create table invalidations (
    statement_id    uuid not null references statements (id),
    id              uuid not null,
    actor           text not null,
    rule            jsonb not null,                     -- signatures/rules.py; {} once the statement is anonymised
    reason          text not null check (length(reason) between 1 and 2000), -- public, with the number
    state           text not null default 'running' check (state in ('running', 'done', 'undoing', 'undone')),
    found           integer not null,                   -- how many the preview found
    reached         uuid,                               -- the signature up to which the job has come
    done            integer not null default 0,         -- how many it took out
    counted         integer not null default 0,         -- of these, how many had counted
    back            integer not null default 0,         -- how many the undoing put back
    created_at      timestamptz not null default now(),
    ended_at        timestamptz,
    undone_by       text,
    undone_at       timestamptz,
    primary key (statement_id, id)
);
create index invalidations_running on invalidations (created_at) where state in ('running', 'undoing');
create table invalidated (
    statement_id    uuid not null references statements (id),
    id              uuid not null,                      -- the signature's
    invalidation_id uuid not null,
    was             text not null check (was in ('confirmed', 'held')),
    primary key (statement_id, id),
    foreign key (statement_id, invalidation_id) references invalidations (statement_id, id)
);
create index invalidated_by on invalidated (statement_id, invalidation_id);

-- That organisers ask those who signed an earlier version to sign a newer one: by letter, in batches.
create table reconsents (
    statement_id    uuid not null references statements (id),
    id              uuid not null,
    version         integer not null,                   -- the one to be signed
    actor           text not null,
    state           text not null default 'running' check (state in ('running', 'done', 'broken off')),
    found           integer not null,                   -- signatures of earlier versions, when it began
    asked           integer not null default 0,
    last_id         uuid not null default '00000000-0000-0000-0000-000000000000', -- signatures are asked in their ids' order
    created_at      timestamptz not null default now(),
    ended_at        timestamptz,
    primary key (statement_id, id),
    constraint asked_once unique (statement_id, version)
);
create index reconsents_running on reconsents (created_at) where state = 'running';
-- Who was asked to sign a newer version, once for each.
create table reconsent_letters (
    statement_id    uuid not null references statements (id),
    id              uuid not null,                      -- the signature's
    version         integer not null,
    asked_at        timestamptz not null default now(), -- first posted, then handed to SMTP: the link is good from here
    agreed_at       timestamptz,
    primary key (statement_id, id, version)
);
create index reconsents_agreed on reconsent_letters (statement_id, version) where agreed_at is not null;

-- What signatories wrote, judged by organisers before anybody else sees it. The words stay with the signature.
create table comments (
    statement_id    uuid not null references statements (id),
    id              uuid not null,                      -- the signature's
    state           text not null default 'waiting' check (state in ('waiting', 'approved', 'declined')),
    mark            uuid not null default gen_random_uuid(), -- its name in public links: the id would tell when they signed
    digest          bytea not null,                     -- of the words that were judged: other words wait again
    actor           text not null default '',
    came_at         timestamptz not null default now(),
    judged_at       timestamptz,
    primary key (statement_id, id),
    unique (statement_id, mark)
);
create index comments_waiting on comments (statement_id, came_at) where state = 'waiting';
create index comments_approved on comments (statement_id, judged_at desc) where state = 'approved';

-- Of a comment's words. Null where there are none.
create function comment_digest(answers jsonb) returns bytea language sql stable parallel safe
return sha256(convert_to(nullif(answers ->> 'comment', ''), 'UTF8'));

-- Whatever moves a signature, the queue agrees with it: words that may be shown wait, other words wait again, and what
-- may not be shown any more leaves no trace here (docs/decisions/0036).
create function keep_comment() returns trigger language plpgsql as $$
begin
    if comment_digest(new.answers) is null or not new.display_comment or new.erased_at is not null then
        delete from comments where statement_id = new.statement_id and id = new.id;
    elsif new.state = 'confirmed' then
        insert into comments as c (statement_id, id, digest)
        values (new.statement_id, new.id, comment_digest(new.answers))
        on conflict (statement_id, id) do update
            set state = 'waiting', digest = excluded.digest, actor = '', came_at = now(), judged_at = null
            where c.digest <> excluded.digest;
    end if;
    return null;
end $$;
create trigger kept_comment after update of state, answers, display_comment, erased_at on signatures for each row
    when (new.display_comment or old.display_comment) execute function keep_comment();

-- "Report this": a name, a comment, an endorsement or the statement itself.
create table reports (
    statement_id    uuid not null references statements (id),
    id              uuid not null,
    subject         text not null check (subject in ('statement', 'name', 'comment', 'endorsement')),
    subject_id      uuid,                               -- the signature's or endorsement's
    reason          text not null,                      -- reports/__init__.py
    words           text not null default '' check (length(words) <= 2000),
    state           text not null default 'waiting' check (state in ('waiting', 'done', 'dismissed')),
    reply           text not null default '' check (length(reply) <= 2000),
    actor           text not null default '',
    language        text not null default 'en',
    created_at      timestamptz not null default now(),
    ended_at        timestamptz,
    told_at         timestamptz,                        -- the reply's letter went: no undoing any more
    -- Personal, and only where they want an answer. Null again 30 days after it ended.
    address_key     bytea,
    email           text,
    primary key (statement_id, id),
    check ((subject = 'statement') = (subject_id is null))
);
create index reports_waiting on reports (statement_id, created_at) where state = 'waiting';
-- The same said twice is one; whoever wants an answer gets one each.
create unique index one_waiting_report on reports (statement_id, subject, subject_id, reason, md5(words), address_key)
    nulls not distinct where state = 'waiting';

-- IP addresses by day, dropped after 30 days; a truncated copy (/24, /48) is kept.
create table attempt_origins (
    day             date not null default current_date,
    statement_id    uuid not null,
    id              uuid not null,                      -- the attempt's
    ip              inet not null,
    primary key (day, statement_id, id)
) partition by range (day);
create table attempt_origins_rest partition of attempt_origins default;
create table attempt_networks (
    statement_id    uuid not null,
    id              uuid not null,
    day             date not null,
    network         cidr not null,
    primary key (statement_id, id, day)
);

-- ───────────────────────────────────────────────────────────── endorsing

-- One row a claim that an organisation endorses, by its officer. pending → confirmed (by the officer's letter: in the
-- queue) ⇄ questioned → accepted (public, counted) or declined; accepted → withdrawn, expired, replaced (by a row that
-- renews or corrects it: replaces_id). docs/states.md. What was claimed stays with the row; what the public sees of
-- the body itself is the organisation's.
create table endorsements (
    statement_id    uuid not null references statements (id),
    id              uuid not null,
    created_at      timestamptz not null default now(),
    asked_at        timestamptz not null default now(), -- when the officer's letter was last asked for
    letter_at       timestamptz,                        -- only while pending: when the current letter was handed to SMTP
    confirmed_at    timestamptz,
    second_letter_at timestamptz,                       -- when the second officer's current letter was let go
    second_confirmed_at timestamptz,
    second_refused_at timestamptz,
    reviewed_at     timestamptz,                        -- last accepted, declined or questioned
    accepted_at     timestamptz,
    ended_at        timestamptz,                        -- declined, withdrawn, replaced or expired
    told_at         timestamptz,                        -- the officer was told that it is about to expire
    changed_at      timestamptz,                        -- its officer last corrected it
    erased_at       timestamptz,                        -- the officers' details are gone
    version         integer not null,                   -- of the text, that was endorsed
    letters         smallint not null default 0,        -- confirmation letters handed to SMTP
    tries           smallint not null default 0,        -- of the current letter's code
    reminders       smallint not null default 0,
    state           text not null default 'pending' check (state in (
                        'pending', 'confirmed', 'questioned', 'accepted', 'declined', 'withdrawn', 'replaced', 'expired')),
    via             text not null default 'form' check (via in ('form', 'officer', 'import')), -- officer: from their own link
    confirmed_by    text check (confirmed_by in ('link', 'button', 'code', 'officer', 'import')),
    language        text not null default 'en',
    replaces_id     uuid,                               -- what this one renews or corrects
    organisation_id uuid references organisations (id), -- since it was accepted
    -- The body, as claimed.
    name            text not null check (length(name) between 1 and 200),
    kind            text not null,
    parent          text not null default '',           -- the union, party or national body it belongs to
    region          text not null default '',           -- of that
    code            text not null default '',
    area            text not null default '',
    web_address     text not null default '',
    logo            bytea references files (digest),
    logo_consent    boolean not null default false,
    members         integer check (members > 0),        -- affiliated members
    members_on      date,
    members_source  text not null default '',
    -- How it decided.
    decided         text not null check (decided in (
                        'annual meeting', 'branch meeting', 'committee', 'conference', 'officers between meetings')),
    met_on          date,
    met_how         text check (met_how in ('in person', 'online', 'both')),
    present         integer check (present >= 0),
    quorum          boolean,
    votes_for       integer check (votes_for >= 0),
    votes_against   integer check (votes_against >= 0),
    abstained       integer check (abstained >= 0),
    motion          text not null default '',           -- as passed
    minutes         bytea references files (digest),    -- or an extract of them: never public
    wording         text not null default '',           -- what the list says; '' where made from the facts
    wants           text[] not null default '{}' check (wants <@ array['speaker', 'materials', 'coach places']),
    note            text not null default '',           -- to the organisers
    -- The review.
    two_officers    boolean not null default false,     -- the reviewer's tick: the second is somebody else
    minutes_seen    boolean not null default false,
    featured        boolean not null default false,
    place           smallint check (place between 1 and 99), -- among the featured ones; null: after those with one, newest first
    expires_on      date,                               -- the first day on which it does not stand any more
    question        text not null default '',           -- the organisers' last
    reason          text not null default '',           -- why it was declined
    -- Where an import had it from, and how the body agreed to be listed.
    import_source   text not null default '',
    import_consent  text not null default '',
    source          text,                               -- ?from= code
    -- Personal. Null once erased, the last four where there is no second officer.
    address_key     bytea,                              -- of the officer
    key_version     smallint not null default 1,
    officer_name    text,
    officer_role    text,
    officer_email   text,
    officer_phone   text,
    mail_consent    boolean not null default false,     -- letters about the campaign
    second_key      bytea,
    second_name     text,
    second_role     text,
    second_email    text,
    second_refused_keys bytea[] not null default '{}',  -- who knew nothing of it: not to be named there again
    -- Only while pending.
    fingerprint     bytea,                              -- HMAC of the whole claim: the same claim, the same row
    consent_ids     uuid[],
    primary key (statement_id, id),
    foreign key (statement_id, replaces_id) references endorsements (statement_id, id),
    check (coalesce(votes_for, 0) + coalesce(votes_against, 0) + coalesce(abstained, 0) <= present),
    check (met_on <= (coalesce(changed_at, created_at) at time zone 'UTC')::date + 1),
    check (second_key <> address_key),
    check (second_key <> all (second_refused_keys)),
    check (state <> 'accepted' or organisation_id is not null),
    check (not two_officers or second_confirmed_at is not null),
    check (place is null or featured),
    check (state <> 'accepted' or confirmed_by <> 'import' or minutes_seen),    -- nobody's word alone
    check (erased_at is null or (address_key is null and officer_name is null and officer_email is null
        and officer_phone is null and officer_role is null and second_key is null and second_name is null
        and second_role is null and second_email is null and second_refused_keys = '{}'))
);
-- One body, one public row, however many accept at once.
create unique index one_standing_endorsement on endorsements (statement_id, organisation_id) where state = 'accepted';
create unique index one_pending_endorsement on endorsements (statement_id, fingerprint) where state = 'pending';
create unique index one_successor on endorsements (statement_id, replaces_id) where state in ('confirmed', 'questioned');
-- What a statement's page shows of them, in its order.
create index public_bodies on endorsements (statement_id, featured desc, place, accepted_at desc, id desc) where state = 'accepted';
create index endorsements_in_review on endorsements (statement_id, confirmed_at) where state in ('confirmed', 'questioned');
create index endorsements_of_an_officer on endorsements (statement_id, address_key) where address_key is not null;
create index endorsements_of_a_second_officer on endorsements (statement_id, second_key) where second_key is not null;
create index endorsements_to_forget on endorsements (ended_at) where ended_at is not null and erased_at is null;
create index endorsements_with_officers on endorsements (statement_id) where erased_at is null and state <> 'pending';
create index unconfirmed_endorsements on endorsements (created_at) where state = 'pending';
create index endorsements_to_expire on endorsements (expires_on) where state = 'accepted' and expires_on is not null;
create index endorsements_with_a_logo on endorsements (logo) where logo is not null;
create index endorsements_with_minutes on endorsements (minutes) where minutes is not null;
create index endorsements_of_an_organisation on endorsements (organisation_id) where organisation_id is not null;

-- What happened to an endorsement once it was confirmed; ids and names of fields, no personal values. Append-only.
create table endorsement_events (
    statement_id    uuid not null references statements (id),
    id              uuid not null,
    endorsement_id  uuid not null,
    act             text not null check (act in (
                        'confirmed', 'second confirmed', 'second refused', 'questioned', 'answered', 'accepted', 'declined',
                        'changed', 'replaced', 'withdrawn', 'expired', 'erased')),
    actor           text not null default '',           -- of organisers: as in the audit; '' the officer or a job
    fields          text[] not null default '{}',
    happened_at     timestamptz not null default now(),
    primary key (statement_id, id)
);
create index events_of_an_endorsement on endorsement_events (statement_id, endorsement_id);

-- A text to adopt, with choices by kind of body (motions/text.py).
create table motions (
    statement_id    uuid not null references statements (id),
    id              uuid not null,
    slug            text not null check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 80),
    state           text not null default 'draft' check (state in ('draft', 'published', 'withdrawn')),
    title           text not null check (length(title) between 1 and 200),
    body            text not null check (length(body) between 1 and 18000),    -- Markdown with choices
    notes           text not null default '' check (length(notes) <= 20000),   -- Markdown: how to move it
    created_at      timestamptz not null default now(),
    published_at    timestamptz,
    primary key (statement_id, id),
    unique (statement_id, slug)
);

-- "We are putting it": one body's plan, private to organisers. pending → announced (the officer's letter) → passed,
-- amended, fell or not reached; withdrawn: they don't put it after all.
create table submissions (
    statement_id    uuid not null references statements (id),
    id              uuid not null,
    motion_id       uuid not null,
    created_at      timestamptz not null default now(),
    asked_at        timestamptz not null default now(),
    letter_at       timestamptz,
    confirmed_at    timestamptz,
    reminded_at     timestamptz,                        -- before the cut-off
    questioned_at   timestamptz,                        -- the day after: how did it go?
    answered_at     timestamptz,
    erased_at       timestamptz,
    letters         smallint not null default 0,
    tries           smallint not null default 0,
    state           text not null default 'pending' check (state in (
                        'pending', 'announced', 'passed', 'amended', 'fell', 'not reached', 'withdrawn')),
    language        text not null default 'en',
    name            text not null check (length(name) between 1 and 200),      -- the body's
    kind            text not null,
    parent          text not null default '',
    area            text not null default '',
    meets_on        date not null,
    cut_off_on      date,                               -- the last day on which motions are taken
    text            text not null default '',           -- the motion as it is put, filled in
    amended         text not null default '',           -- the text as it was passed
    wants           text[] not null default '{}' check (wants <@ array['speaker', 'materials', 'coach places']),
    address_key     bytea,
    key_version     smallint not null default 1,
    officer_name    text,
    officer_role    text,
    officer_email   text,
    fingerprint     bytea,
    consent_ids     uuid[],
    primary key (statement_id, id),
    foreign key (statement_id, motion_id) references motions (statement_id, id),
    check (cut_off_on <= meets_on),
    check (erased_at is null or (address_key is null and officer_name is null and officer_role is null
        and officer_email is null))
);
create unique index one_pending_submission on submissions (statement_id, fingerprint) where state = 'pending';
create index submissions_to_come on submissions (meets_on) where state = 'announced';
create index unconfirmed_submissions on submissions (created_at) where state = 'pending';
create index submissions_of_an_officer on submissions (statement_id, address_key) where address_key is not null;

-- The day of the one reminder, seen from `today`: a week before the last day for motions, without one three days before
-- the meeting, or at once where that is nearer. Null: too late, for it comes a day ahead or not at all.
create function reminder_day(cut_off_on date, meets_on date, today date) returns date language sql immutable parallel safe
    return case when today < coalesce(cut_off_on, meets_on)
                then greatest(coalesce(cut_off_on - 7, meets_on - 3), today) end;

-- ───────────────────────────────────────────────────────────── consents: the proof

-- Exact wordings. Append-only.
create table consent_texts (
    statement_id    uuid not null references statements (id),
    id              uuid not null,
    -- 'sign', 'name', 'union', 'mail', 'partner:<key>'; of officers 'endorse', 'logo', 'officer mail', 'submit'
    purpose         text not null,
    language        text not null,
    version         integer not null,                   -- counts up per statement, purpose and language
    wording         text not null,
    created_at      timestamptz not null default now(),
    primary key (statement_id, id),
    unique (statement_id, purpose, language, version)
);
create unique index one_wording on consent_texts (statement_id, purpose, language, md5(wording));

-- The ledger: a line each time a consent is given or taken back. Append-only; outlives an erased
-- signature as a keyed record, until expire_consents().
create table consents (
    statement_id    uuid not null references statements (id),
    id              uuid not null,
    subject_id      uuid not null,                      -- the signature's, endorsement's or submission's
    subject_key     bytea not null,                     -- HMAC of the address for this purpose alone
    text_id         uuid not null,
    act             text not null check (act in ('given', 'withdrawn')),
    via             text not null check (via in ('form', 'my signature', 'paper', 'import', 'end')), -- end: with what it was for
    given_at        timestamptz not null,               -- when the person said so
    confirmed_at    timestamptz not null default now(), -- when the address was proven
    primary key (statement_id, id)
);
create index consents_of_a_subject on consents (statement_id, subject_id);

-- ───────────────────────────────────────────────────────────── the count

-- The UK postcode area: the letters before the first digit. Nothing typed freely may become an area: areas are
-- counted, and counts outlive an erased signature. (Countries join once they are chosen from a list.)
create function area_of(answers jsonb) returns text language sql immutable parallel safe
return substring(upper(answers ->> 'postcode') from '^\s*([A-Z]{1,2})[0-9]');

-- What else the desk's search goes by, beside words: the statement (the random end of its id), source, area, comment.
create function facets(statement_id uuid, source text, answers jsonb) returns text[] language sql immutable parallel safe cost 100
return array_remove(array[right(statement_id::text, 12), 'from ' || source, 'area ' || public.area_of(answers),
                          case when answers ? 'comment' then 'comment' end], null);
create index signatures_sought on signatures using gin -- 16 MB wait to be sorted in: the tally is the quicker for it
    (words extensions.gin_trgm_ops, facets(statement_id, source, answers)) with (gin_pending_list_limit = 16384) where words is not null;

-- Signatures that stand and that a rule of organisers is about (signatures/rules.py); of an empty rule none.
create function ruled(of_statement uuid, rule jsonb) returns setof signatures language sql stable as $$
select g.* from signatures g
where g.statement_id = of_statement and g.state in ('confirmed', 'held') and g.erased_at is null and rule <> '{}'
  and (rule ->> 'source' is null or g.source = rule ->> 'source')
  and (rule ->> 'from' is null or g.confirmed_at >= (rule ->> 'from')::timestamptz)
  and (rule ->> 'to' is null or g.confirmed_at < (rule ->> 'to')::timestamptz)
  and (rule ->> 'name' is null
       or (g.words is null or g.words like '%' || regexp_replace(folded(rule ->> 'name'), '([\\%_])', '\\\1', 'g') || '%')
          and folded(g.name) like '%' || regexp_replace(folded(rule ->> 'name'), '([\\%_])', '\\\1', 'g') || '%')
  and (rule -> 'domains' is null or rule -> 'domains' ? lower(split_part(g.email, '@', 2)))
  and (rule ->> 'network' is null or g.id in (
       select o.id from attempt_origins o
       where o.statement_id = of_statement and o.ip <<= (rule ->> 'network')::cidr
       union all
       select n.id from attempt_networks n
       where n.statement_id = of_statement and n.network <<= (rule ->> 'network')::cidr))
$$;

-- What a spreadsheet would run as a formula gets an apostrophe before it: = + - @ (full width too), after any
-- white or invisible characters; and what begins with a tab or a carriage return. The first line spares most
-- cells, which begin with a letter or digit, the slower look (A to z holds [ \ ] ^ _ ` besides, all harmless).
create function disarmed(cell text) returns text language sql immutable parallel safe
return case
    when ascii(cell) between 65 and 122 or ascii(cell) between 48 and 57 then cell
    when cell ~ '^([\t\r]|[\s\u00a0\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufeff]*[-=+@\uff1d\uff0b\uff0d\uff20])'
    then '''' || cell else cell end;

-- What changed a public count; consumed by the tally, the one writer of the tables below.
create table tally_queue (
    id              bigint generated always as identity primary key,
    statement_id    uuid not null,
    what            text not null check (what in ('people', 'organisations', 'attempts')), -- attempts: never public
    delta           smallint not null check (delta in (-1, 1)),
    version         integer not null,
    subject_id      uuid not null,                      -- the signature's or endorsement's
    area            text,
    source          text,
    waited          integer,                            -- seconds from the attempt to its confirmation
    cause           text not null,                      -- 'confirm', 'withdraw', 'restore', 'erase', 'reconsent', …
    happened_at     timestamptz not null default now()
);
create table tallies (
    statement_id    uuid primary key references statements (id),
    last_number     integer not null default 0,
    revision        bigint not null default 0,          -- goes up with every change: the count's version
    counted_at      timestamptz not null default now()
);
create table counts (
    statement_id    uuid not null references statements (id),
    what            text not null,
    version         integer not null,
    value           integer not null,
    primary key (statement_id, what, version)
);
create table count_hours (
    statement_id    uuid not null references statements (id),
    what            text not null,
    hour            timestamptz not null,
    value           integer not null,
    primary key (statement_id, what, hour)
);
create table count_areas (
    statement_id    uuid not null references statements (id),
    what            text not null,
    area            text not null,                      -- UK postcode area or country; '' where not told
    value           integer not null,
    primary key (statement_id, what, area)
);
create table count_sources (
    statement_id    uuid not null references statements (id),
    what            text not null,
    source          text not null,                      -- '' where none
    value           integer not null,
    primary key (statement_id, what, source)
);
-- How long people took to confirm, by the hour of the confirmation.
create table confirm_times (
    statement_id    uuid not null references statements (id),
    hour            timestamptz not null,
    within          integer not null,                   -- seconds: the upper end of the bucket, tally.py
    value           integer not null,
    primary key (statement_id, hour, within)
);
-- Letters that ended, by hour: kept when the outbox has forgotten them.
create table letter_hours (
    campaign_id     uuid not null references campaigns (id),
    statement_id    uuid,
    hour            timestamptz not null,
    kind            text not null,
    state           text not null check (state in ('sent', 'dropped', 'failed')),
    value           integer not null,
    unique nulls not distinct (campaign_id, statement_id, hour, kind, state)
);
create table recounts (
    statement_id    uuid not null references statements (id),
    id              uuid not null,
    what            text not null,
    counted         integer not null,                   -- what the tally says
    found           integer not null,                   -- what the rows say
    happened_at     timestamptz not null default now(),
    primary key (statement_id, id)
);

-- ───────────────────────────────────────────────────────────── letters

create table outbox (
    id              uuid primary key,
    kind            text not null,                      -- who decides and renders it: app.py's table of letters
    priority        smallint not null default 0,        -- 0: somebody waits for it … 9: bulk
    campaign_id     uuid,                               -- null: the site's own, to its operator
    statement_id    uuid,
    subject_id      uuid,                               -- the attempt's, signature's, endorsement's …; null: of several attempts
    address_key     bytea,
    recipient       text,                               -- only where no row of the room holds the address
    language        text not null default 'en',
    decision        text,                               -- what the worker decided to send; decided once
    details         jsonb not null default '{}',
    state           text not null default 'waiting' check (state in
                        ('waiting', 'deferred', 'sent', 'dropped', 'failed')),
    not_before      timestamptz not null default now(), -- back-off and pauses move it
    due_since       timestamptz not null default now(), -- lateness is measured from here: only a deferral moves it
    claimed_until   timestamptz,                        -- a lease: past it the letter is anybody's again
    tries           smallint not null default 0,
    error           text,                               -- SMTP status code or a class name, never an address
    created_at      timestamptz not null default now(),
    ended_at        timestamptz
);
create index letters_due on outbox (priority, not_before) where state in ('waiting', 'deferred');
create index letters_waited_for on outbox (due_since) where state = 'waiting' and priority = 0;
-- Letters that list attempts are merged into one; every other that has to wait waits alone.
create unique index one_deferred_letter on outbox (address_key) where state = 'deferred' and details ? 'attempts';
create index letters_of_a_subject on outbox (subject_id);
create index letters_ended on outbox (ended_at) where state in ('sent', 'dropped', 'failed');

-- When letters went to an address, newest first, the last ten.
create table letter_caps (
    address_key     bytea not null,
    purpose         text not null,                      -- 'forms' (all statements), 'my', 'log-in' …
    taken           timestamptz[] not null,
    primary key (address_key, purpose)
);
-- Wrong codes typed for an address today; where there was no code to try, for the attempt's mark. Of a second
-- factor: for the organiser's id.
create table code_tries (
    address_key     bytea not null,
    day             date not null default current_date,
    tries           smallint not null default 1,
    primary key (address_key, day)
);
create table suppressions (
    id              uuid primary key,
    address_key     bytea not null,
    scope           text not null check (scope in ('campaign', 'bulk', 'forms')),
    campaign_id     uuid references campaigns (id),
    created_at      timestamptz not null default now(),
    check ((scope = 'campaign') = (campaign_id is not null)),
    unique nulls not distinct (address_key, scope, campaign_id)
);
-- The one good link to "my signature" of an address: a newer one replaces it.
create table my_links (
    address_key     bytea primary key,
    id              uuid not null unique,
    made_at         timestamptz not null default now()
);

-- Only without SMTP: letters kept for the loopback page.
create table kept_letters (
    id              uuid primary key,
    campaign_id     uuid,                               -- in whose name it was written
    to_address      text not null,
    subject         text not null,
    text            text not null,
    html            text not null,
    created_at      timestamptz not null default now()
);

-- ───────────────────────────────────────────────────────────── the site

create unlogged table throttle (
    bucket          text primary key,
    full_at         timestamptz not null                -- GCRA: the theoretical arrival time
);
-- GCRA (the generic cell rate algorithm): a bucket is the time when it will be full again. Each spends from its near
-- and its wide bucket, or from neither; 0, or the seconds to wait. One after the other, as if each had come alone; in
-- the order of the wide buckets, so that two who spend from several never wait for each other.
create function spend(
    nears text[], wides text[], near_gap interval, near_room interval, wide_gap interval, wide_room interval
) returns float8[] language plpgsql as $$
declare
    waits float8[] := array_fill(0, array[cardinality(wides)]);
    nth integer;
begin
    for nth in select i from generate_subscripts(wides, 1) i order by wides[i], i loop
        -- clock_timestamp(): the time spent waiting for the row belongs to the past.
        insert into throttle as t (bucket, full_at) values (wides[nth], clock_timestamp() + wide_gap)
        on conflict (bucket) do update set full_at = greatest(t.full_at, clock_timestamp()) + wide_gap
        where t.full_at + wide_gap <= clock_timestamp() + wide_room;
        if found then
            insert into throttle as t (bucket, full_at) values (nears[nth], clock_timestamp() + near_gap)
            on conflict (bucket) do update set full_at = greatest(t.full_at, clock_timestamp()) + near_gap
            where t.full_at + near_gap <= clock_timestamp() + near_room;
            continue when found;
            update throttle set full_at = full_at - wide_gap where bucket = wides[nth];
        end if;
        waits[nth] := (
            select greatest(0.001, max(extract(epoch from t.full_at - clock_timestamp() + case t.bucket
                when wides[nth] then wide_gap - wide_room else near_gap - near_room end)))
            from throttle t where t.bucket in (wides[nth], nears[nth]));
    end loop;
    return waits;
end $$;
create table jobs (
    name            text primary key,
    every           interval not null,
    next_run        timestamptz not null default now(),
    last_run        timestamptz,
    result          text,
    failures        smallint not null default 0         -- runs that failed, one after the other
);
-- What is wrong with the site and when its operator was told: the row decides, so that several workers tell once.
create table troubles (
    name            text primary key,                   -- 'late letters', 'disk', …: watch.py
    details         jsonb not null default '{}',        -- numbers and names of jobs, nothing personal
    since           timestamptz not null default now(),
    seen_at         timestamptz not null default now(),
    told_at         timestamptz not null default now(),
    over_at         timestamptz,
    letter_id       uuid                                -- the newest letter about it; older ones still waiting are dropped
);
create table facts (
    name            text primary key,                   -- 'address key': its fingerprint
    value           text not null
);
-- The lists that organisers took. Their bytes are nowhere kept.
create table exports (
    statement_id    uuid not null references statements (id),
    id              uuid not null,
    actor           text not null,
    list            text not null,                      -- 'signatories', 'endorsements', 'handover', 'removals'
    format          text not null,
    fields          text[] not null,
    filters         jsonb not null default '{}',        -- no personal values
    state           text not null default 'running' check (state in ('running', 'finished', 'broken off')),
    rows            integer,
    bytes           bigint,
    last_number     integer,                            -- of signatories: the highest that could be in it
    started_at      timestamptz not null default now(),
    seen_at         timestamptz not null default now(), -- while it runs: a minute later nobody makes it any more
    ended_at        timestamptz,
    primary key (statement_id, id)
);
create index exports_of_a_statement on exports (statement_id, started_at desc);

-- What organisers did: ids, field names and non-personal values only. Append-only.
create table audit (
    id              uuid primary key,
    campaign_id     uuid,
    statement_id    uuid,
    actor           text not null,                      -- 'cli:<system user>', 'organiser:<id>' or 'job'
    act             text not null,
    details         jsonb not null default '{}',
    happened_at     timestamptz not null default now()
);
create index audit_of_a_campaign on audit (campaign_id, happened_at);

-- ───────────────────────────────────────────────────────────── said once: what counts, what is public

create view statements_now as
select s.*,
       v.title, v.body,
       s.state = 'open' and (s.closes_at is null or s.closes_at > now()) as is_open,
       case when s.state = 'open' and s.closes_at <= now() then s.closes_at else s.closed_at end as ended_at,
       c.slug as campaign_slug, c.name as campaign_name, c.controller, c.postal_address, c.contact_email,
       c.on_behalf_of, c.accent, c.partners, c.retention_months, c.sender, c.demonstration,
       c.bulk_sender, c.social_links, c.logo as campaign_logo
from statements s
join campaigns c on c.id = s.campaign_id
join versions v on v.statement_id = s.id and v.number = s.version;

create view counting_signatures as
select * from signatures where state = 'confirmed';

create view public_signatories as
select g.statement_id, g.id, g.number, g.version, g.confirmed_at, g.name,
       case when 'town' = any (s.public_fields) then g.answers ->> 'town' end as town,
       case when 'country' = any (s.public_fields) then g.answers ->> 'country' end as country,
       case when 'job' = any (s.public_fields) then g.answers ->> 'job' end as job,
       case when g.display_union and 'role' = any (s.public_fields) then g.answers ->> 'role' end as role,
       case when g.display_union and 'union' = any (s.public_fields) then g.answers ->> 'union' end as "union",
       case when g.display_union and 'branch' = any (s.public_fields) then g.answers ->> 'branch' end as branch
from counting_signatures g
join statements s on s.id = g.statement_id
where g.display = 'name' and not g.unlisted and g.erased_at is null and g.number is not null;

-- What the public sees of comments: approved in these very words, of those who agreed and stand; with a name where the
-- public list has it.
create view public_comments as
select c.statement_id, c.id, c.mark, c.judged_at, g.answers ->> 'comment' as words,
       p.name, p.town, p.country, p.job, p.role, p."union", p.branch
from comments c
join counting_signatures g on g.statement_id = c.statement_id and g.id = c.id
left join public_signatories p on p.statement_id = c.statement_id and p.id = c.id
where c.state = 'approved' and c.digest = comment_digest(g.answers)
  and g.display_comment and not g.unlisted and g.erased_at is null;

create view counting_endorsements as
select * from endorsements where state = 'accepted';

-- What the public sees of the organisations that endorse. Officers, minutes, votes and motion stay with the organisers.
create view public_endorsements as
select e.statement_id, e.id, e.organisation_id, o.parent_id, o.name, o.plain_name, o.code, o.kind, p.name as parent,
       e.area, e.web_address, e.wording, e.decided, e.met_on, e.version, e.accepted_at, e.featured, e.place, e.expires_on,
       e.members, e.members_on, e.members_source,
       case when e.logo_consent then e.logo end as logo,
       case when e.minutes_seen then 'minutes' when e.two_officers then 'two officers' else 'officer' end as level
from counting_endorsements e
join organisations o on o.id = e.organisation_id
left join organisations p on p.id = o.parent_id;

create view public_counts as
select s.id as statement_id, s.version,
       coalesce(sum(k.value) filter (where k.what = 'people' and k.version = s.version), 0)::integer as people,
       coalesce(sum(k.value) filter (where k.what = 'people' and k.version <> s.version), 0)::integer as people_earlier,
       coalesce(sum(k.value) filter (where k.what = 'organisations'), 0)::integer as organisations,
       s.version * 1000000000000 + coalesce(max(t.revision), 0) as revision, -- goes up with each version too
       max(t.counted_at) as counted_at
from statements s
left join counts k on k.statement_id = s.id
left join tallies t on t.statement_id = s.id
group by s.id, s.version;

-- Members of the endorsing organisations of a statement, nobody twice: a body's number counts only where no body above
-- it endorses with a number. No row: none told any. `counted`: how many bodies' numbers are in it; `dated`: how many of
-- these say of which day they are.
create function affiliated_members(of_statement uuid)
returns table (members bigint, counted integer, dated integer, oldest date, newest date) language sql stable as $$
with recursive told as materialized (
    select e.organisation_id, o.parent_id, e.members, e.members_on
    from counting_endorsements e join organisations o on o.id = e.organisation_id
    where e.statement_id = of_statement and e.members is not null
), above as ( -- of each parent alone, for many bodies have the same: all that stands above what is below it
    select distinct parent_id as below, parent_id as id from told where parent_id is not null
    union
    select a.below, o.parent_id from above a join organisations o on o.id = a.id where o.parent_id is not null
), inside as (
    select distinct a.below from above a join told t on t.organisation_id = a.id
)
select sum(t.members), count(*)::integer, count(t.members_on)::integer, min(t.members_on), max(t.members_on)
from told t
where t.parent_id is null or t.parent_id not in (select below from inside)
having count(*) > 0
$$;

-- ───────────────────────────────────────────────────────────── guards

create function refuse_change() returns trigger language plpgsql as $$
begin
    if current_setting('petitions.owner_function', true) = 'on' then
        return case when tg_op = 'DELETE' then old else new end;
    end if;
    raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end $$;

-- remove_demonstration() goes by these two: a real campaign can't be made one, nor a statement slipped under one.
create function refuse_move() returns trigger language plpgsql as $$
begin
    raise exception '% can not be moved', tg_table_name using errcode = 'insufficient_privilege';
end $$;
create trigger born_so before update on campaigns for each row
    when (old.demonstration is distinct from new.demonstration or old.id <> new.id) execute function refuse_move();
create trigger stays_there before update on statements for each row
    when (old.campaign_id <> new.campaign_id or old.id <> new.id) execute function refuse_move();

create trigger append_only before update or delete on versions for each row execute function refuse_change();
create trigger never_empty before truncate on versions for each statement execute function refuse_change();
create trigger append_only before update or delete on notes for each row execute function refuse_change();
create trigger never_empty before truncate on notes for each statement execute function refuse_change();
create trigger append_only before update or delete on signature_events for each row execute function refuse_change();
create trigger never_empty before truncate on signature_events for each statement execute function refuse_change();
create trigger append_only before update or delete on endorsement_events for each row execute function refuse_change();
create trigger never_empty before truncate on endorsement_events for each statement execute function refuse_change();
create trigger append_only before update or delete on statement_events for each row execute function refuse_change();
create trigger never_empty before truncate on statement_events for each statement execute function refuse_change();
create trigger append_only before update or delete on consent_texts for each row execute function refuse_change();
create trigger never_empty before truncate on consent_texts for each statement execute function refuse_change();
create trigger append_only before update or delete on consents for each row execute function refuse_change();
create trigger never_empty before truncate on consents for each statement execute function refuse_change();
create trigger append_only before update or delete on audit for each row execute function refuse_change();
create trigger never_empty before truncate on audit for each statement execute function refuse_change();

-- A campaign that has owners keeps one; two who remove each other wait for each other here.
create function refuse_last_owner() returns trigger language plpgsql as $$
begin
    if current_setting('petitions.owner_function', true) = 'on' then
        return case when tg_op = 'DELETE' then old else new end;
    end if;
    perform from campaigns where id = old.campaign_id for update;
    if not exists (select from roles where campaign_id = old.campaign_id and role = 'owner' and organiser_id <> old.organiser_id) then
        raise exception 'a campaign keeps its last owner' using errcode = 'check_violation', constraint = 'last_owner';
    end if;
    return case when tg_op = 'DELETE' then old else new end;
end $$;
create trigger last_owner before update of role or delete on roles for each row
    when (old.role = 'owner') execute function refuse_last_owner();

-- No body belongs to itself, however far round. One at a time in a campaign, else two moves could close a circle.
create function refuse_circle() returns trigger language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('organisations ' || new.campaign_id, 0));
    if exists (
        with recursive above as (
            select new.parent_id as id
            union
            select o.parent_id from organisations o join above a on o.id = a.id where o.parent_id is not null
        )
        select from above where id = new.id
    ) then
        raise exception 'an organisation can not be above itself' using errcode = 'check_violation', constraint = 'no_circle';
    end if;
    return new;
end $$;
create trigger no_circle before update of parent_id on organisations for each row
    when (new.parent_id is not null) execute function refuse_circle();

-- ───────────────────────────────────────────────────────────── who is told of changes

-- Each process that keeps pages listens (changes.py). Counts tell by the tally; the argument names the column of
-- the statement's id, none: everything may have changed.
create function tell_change() returns trigger language plpgsql as $$
begin
    perform pg_notify('petitions_pages',
        coalesce(to_jsonb(case tg_op when 'DELETE' then old else new end) ->> tg_argv[0], ''));
    return null;
end $$;
create trigger told after insert or update or delete on statements for each row execute function tell_change('id');
create trigger told after insert or update or delete on campaigns for each row execute function tell_change('');
create trigger told after insert on statement_events for each row execute function tell_change('statement_id');
create trigger told after update on comments for each row execute function tell_change('statement_id');
create trigger told after update on invalidations for each row
    when (old.state <> new.state) execute function tell_change('statement_id');
create trigger told after insert on notes for each row execute function tell_change('statement_id');
create trigger told after insert on consent_texts for each row execute function tell_change('statement_id');
create trigger told after insert on signature_events for each row execute function tell_change('statement_id');
create trigger told after insert on endorsement_events for each row
    when (new.act in ('accepted', 'changed', 'replaced', 'withdrawn', 'expired')) execute function tell_change('statement_id');
create trigger told after insert or update or delete on motions for each row execute function tell_change('statement_id');

-- The owner's functions: the only ways past the guards, each for one lawful purpose.

create function expire_consents(older_than interval) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare gone bigint;
begin
    if older_than < interval '1 year' then
        raise exception 'the proof of a consent is kept for at least a year';
    end if;
    perform set_config('petitions.owner_function', 'on', true);
    delete from consents where confirmed_at < now() - older_than;
    get diagnostics gone = row_count;
    perform set_config('petitions.owner_function', 'off', true);
    return gone;
end $$;

create function tend_origins(keep_days integer) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    part record;
    next_day date;
    moved bigint := 0;
begin
    if keep_days < 1 then
        raise exception 'addresses are kept for at least a day';
    end if;
    for next_day in select current_date + i from generate_series(0, 3) as i loop
        if to_regclass('attempt_origins_' || to_char(next_day, 'YYYYMMDD')) is null
           and not exists (select from attempt_origins_rest r where r.day = next_day) then
            execute format('create table %I partition of attempt_origins for values from (%L) to (%L)',
                           'attempt_origins_' || to_char(next_day, 'YYYYMMDD'), next_day, next_day + 1);
        end if;
    end loop;
    insert into attempt_networks (statement_id, id, day, network)
        select o.statement_id, o.id, o.day,
               network(set_masklen(o.ip, case family(o.ip) when 4 then 24 else 48 end))::cidr
        from attempt_origins o where o.day < current_date - keep_days
        on conflict do nothing;
    get diagnostics moved = row_count;
    for part in
        select c.relname, to_date(right(c.relname, 8), 'YYYYMMDD') as on_day
        from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'attempt_origins'::regclass and c.relname ~ '_[0-9]{8}$'
    loop
        if part.on_day < current_date - keep_days then
            execute format('drop table %I', part.relname);
        end if;
    end loop;
    delete from attempt_origins_rest r where r.day < current_date - keep_days;
    return moved;
end $$;

-- Removes a campaign that was born as a demonstration, and every trace of it.
create function remove_demonstration() returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    ids uuid[];
    keys bytea[];
    sent bytea[];
    sat uuid[];
    gone bigint;
begin
    perform set_config('petitions.owner_function', 'on', true);
    select coalesce(array_agg(s.id), '{}') into ids
        from statements s join campaigns c on c.id = s.campaign_id where c.demonstration;
    select coalesce(array_agg(distinct g.address_key), '{}') into keys
        from (select address_key from signatures where statement_id = any (ids)
              union all select unnest(array[address_key, second_key]) from endorsements where statement_id = any (ids)
              union all select address_key from submissions where statement_id = any (ids)
              union all select i.address_key from invitations i join campaigns c on c.id = i.campaign_id where c.demonstration
              union all select address_key from organisers where demonstration) g
        where g.address_key is not null;
    delete from letter_caps where address_key = any (keys);
    delete from code_tries where address_key = any (keys);
    delete from my_links where address_key = any (keys);
    delete from outbox o using campaigns c where c.id = o.campaign_id and c.demonstration;
    delete from kept_letters k using campaigns c where c.id = k.campaign_id and c.demonstration;
    delete from suppressions p using campaigns c where c.id = p.campaign_id and c.demonstration;
    -- What an address wants of the whole site goes too, where it never signed anything else here.
    delete from suppressions p where p.address_key = any (keys) and not exists (
        select from signatures g where g.address_key = p.address_key and g.statement_id <> all (ids)
        union all
        select from endorsements e where p.address_key in (e.address_key, e.second_key) and e.statement_id <> all (ids)
        union all
        select from submissions u where u.address_key = p.address_key and u.statement_id <> all (ids));
    delete from tally_queue where statement_id = any (ids);
    delete from tallies where statement_id = any (ids);
    delete from counts where statement_id = any (ids);
    delete from count_hours where statement_id = any (ids);
    delete from count_areas where statement_id = any (ids);
    delete from count_sources where statement_id = any (ids);
    delete from recounts where statement_id = any (ids);
    delete from attempt_origins where statement_id = any (ids);
    delete from attempt_networks where statement_id = any (ids);
    delete from reports where statement_id = any (ids);
    delete from comments where statement_id = any (ids);
    delete from reconsent_letters where statement_id = any (ids);
    delete from reconsents where statement_id = any (ids);
    delete from invalidated where statement_id = any (ids);
    delete from invalidations where statement_id = any (ids);
    delete from exports where statement_id = any (ids);
    delete from confirm_times where statement_id = any (ids);
    delete from letter_hours l using campaigns c where c.id = l.campaign_id and c.demonstration;
    delete from statement_events where statement_id = any (ids);
    delete from consents where statement_id = any (ids);
    delete from consent_texts where statement_id = any (ids);
    delete from signature_events where statement_id = any (ids);
    delete from signatures where statement_id = any (ids);
    delete from endorsement_events where statement_id = any (ids);
    select coalesce(array_agg(f.digest), '{}') into sent
        from (select unnest(array[logo, minutes]) as digest from endorsements where statement_id = any (ids)) f;
    delete from endorsements where statement_id = any (ids);
    delete from files f where f.digest = any (sent)
        and not exists (select from endorsements e where f.digest in (e.logo, e.minutes))
        and not exists (select from campaigns c where c.logo = f.digest);  -- a demonstration's own goes a day later
    delete from submissions where statement_id = any (ids);
    delete from motions where statement_id = any (ids);
    delete from organisations o using campaigns c where c.id = o.campaign_id and c.demonstration;
    delete from notes where statement_id = any (ids);
    delete from versions where statement_id = any (ids);
    delete from audit a using campaigns c where c.id = a.campaign_id and c.demonstration;
    delete from slugs l using campaigns c where c.id = l.campaign_id and c.demonstration;
    delete from invitations i using campaigns c where c.id = i.campaign_id and c.demonstration;
    delete from roles r using campaigns c where c.id = r.campaign_id and c.demonstration;
    select coalesce(array_agg(o.id), '{}') into sat from organisers o
        where o.demonstration and not exists (select from roles r where r.organiser_id = o.id);
    delete from outbox o where o.campaign_id is null and o.address_key = any (keys);
    delete from kept_letters k using organisers o where o.id = any (sat) and o.email = k.to_address;
    delete from organisers where id = any (sat);
    delete from statements where id = any (ids);
    delete from campaigns where demonstration;
    get diagnostics gone = row_count;
    perform set_config('petitions.owner_function', 'off', true);
    return gone;
end $$;
