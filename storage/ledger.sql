-- The ledger's tables. Dates are ISO text; counts are rows.
create table if not exists files (
    file_id integer primary key,
    source text not null,
    table_name text not null,
    delivery_date text not null,
    issue text not null,                -- orders the issues of one delivery: produced_at, then version; '' undeclared
    landed_as text not null,            -- path below landing
    sha256 text not null,
    byte_count integer not null,
    is_history integer not null,
    released text not null default '',  -- rules waived by a release, comma separated
    contract_fingerprint text not null,
    status text not null check (status in ('loaded', 'rejected')),
    rule text,                          -- why the whole file was rejected
    message text,
    rows_read integer not null,
    rows_counted integer not null,      -- counted by a second, independent way
    rows_loaded integer not null,
    rows_duplicate integer not null,    -- repeated inside the file
    rows_quarantined integer not null,
    rows_erased integer not null default 0,
    rows_passed_over integer not null default 0,  -- not meant for this table, says the mapping
    taken_in_at text not null,
    unique (source, table_name, delivery_date, issue, landed_as, sha256)
);
create table if not exists landed (     -- what landing looked like when a file was taken in: it is not hashed again
    landed_as text not null,
    issue text not null,
    byte_count integer not null,
    modified_ns integer not null,
    primary key (landed_as, issue)
) without rowid;
create table if not exists file_dates (
    file_id integer not null references files,
    business_date text not null,
    row_count integer not null,
    primary key (file_id, business_date)
) without rowid;
create table if not exists lake_dates (
    source text not null,
    table_name text not null,
    business_date text not null,
    inputs text not null,               -- digest of the accepted parts it was merged from
    row_count integer not null,
    duplicate_count integer not null,   -- repeated between files
    sha256 text not null,
    primary key (source, table_name, business_date)
) without rowid;
create table if not exists marks (      -- business dates touched since they were last published
    source text not null,
    table_name text not null,
    business_date text not null,
    mark integer not null,              -- grows with every touch, so that clearing never hides a newer one
    primary key (source, table_name, business_date)
) without rowid;
create table if not exists writers (
    fence integer primary key autoincrement,
    holder text not null,
    started_at text not null
);
create table if not exists fingerprints (
    relation text not null,
    business_date text not null,        -- '' for a relation without dates
    row_count integer not null,
    row_hash text not null,
    primary key (relation, business_date)
) without rowid;
create table if not exists facts (      -- small named facts: engine version, newest as_of_date built
    name text primary key,
    value text not null
) without rowid;
create table if not exists versions (
    sequence integer primary key,
    fence integer not null,
    as_of_date text not null,
    content_sha256 text not null,
    published_at text not null
);
create table if not exists decisions (  -- recorded, never recomputed
    decision_id integer primary key,
    kind text not null,
    detail text not null,
    decided_at text not null
);
create table if not exists recorded (   -- rows of decisions: what was decided is an input of later days
    relation text not null,
    as_of_date text not null,
    row_count integer not null,
    sha256 text not null,
    is_final integer not null,          -- published: from here on it is never written again
    primary key (relation, as_of_date)
) without rowid;
