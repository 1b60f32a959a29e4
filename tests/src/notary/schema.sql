-- What the queries of notary-server 0.7 expect of its database.

create table tuf_files (
    id bigserial primary key,
    created_at timestamptz,
    updated_at timestamptz,
    deleted_at timestamptz,
    gun text not null,
    role text not null,
    version integer not null,
    sha256 text not null,
    data bytea not null,
    unique (gun, role, version)
);

create index on tuf_files (sha256);

create table changefeed (
    id bigserial primary key,
    created_at timestamptz not null default now(),
    gun text not null,
    version integer not null,
    sha256 text not null default '',
    category text not null
);

create index on changefeed (gun);
