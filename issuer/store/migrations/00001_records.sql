-- The records of one body. One text for SQLite and PostgreSQL: TEXT and BIGINT
-- only, times in RFC 3339. Never edited once released.

-- +goose Up
CREATE TABLE body (
    one           BIGINT PRIMARY KEY CHECK (one = 1),
    name          TEXT NOT NULL,
    url           TEXT NOT NULL,
    prefix        TEXT NOT NULL,
    zone          TEXT NOT NULL,
    accreditation TEXT NOT NULL,
    specimen      BIGINT NOT NULL
);

-- The only table that must hold personal data for itself alone.
CREATE TABLE candidates (
    id   TEXT PRIMARY KEY,
    name TEXT NOT NULL
);

CREATE TABLE applications (
    id        TEXT PRIMARY KEY,
    candidate TEXT NOT NULL REFERENCES candidates (id),
    digest    TEXT NOT NULL,
    content   TEXT NOT NULL,
    decision  TEXT NOT NULL,
    received  TEXT NOT NULL
);

CREATE TABLE status_lists (
    seq     BIGINT PRIMARY KEY,
    id      TEXT NOT NULL UNIQUE,
    entries BIGINT NOT NULL,
    opened  TEXT NOT NULL
);

-- A row is never removed: its number, link and (list, place) are used once, for
-- ever.
CREATE TABLE certificates (
    link        TEXT PRIMARY KEY,
    number      TEXT NOT NULL UNIQUE,
    application TEXT NOT NULL UNIQUE REFERENCES applications (id),
    candidate   TEXT NOT NULL REFERENCES candidates (id),
    scheme      TEXT NOT NULL,
    edition     TEXT NOT NULL,
    code        TEXT NOT NULL,
    valid_from  TEXT NOT NULL,
    valid_until TEXT NOT NULL,
    list        TEXT NOT NULL REFERENCES status_lists (id),
    place       BIGINT NOT NULL CHECK (place >= 0),
    payload     TEXT NOT NULL,
    reserved_at TEXT NOT NULL,
    token       TEXT NOT NULL,
    issued_at   TEXT NOT NULL,
    status      TEXT NOT NULL CHECK (status IN ('issued', 'suspended', 'revoked')),
    UNIQUE (list, place)
);

CREATE INDEX certificates_candidate ON certificates (candidate);
CREATE INDEX certificates_reserved ON certificates (reserved_at) WHERE token = '';
CREATE INDEX certificates_status ON certificates (list, status) WHERE status <> 'issued';

-- Two applications at once cannot both become the same certificate.
CREATE UNIQUE INDEX certificates_held ON certificates (candidate, scheme, code, valid_from) WHERE status <> 'revoked';

CREATE TABLE status_changes (
    seq         BIGINT PRIMARY KEY,
    link        TEXT NOT NULL REFERENCES certificates (link),
    list        TEXT NOT NULL,
    from_status TEXT NOT NULL CHECK (from_status <> 'revoked'),
    to_status   TEXT NOT NULL,
    reason      TEXT NOT NULL,
    note        TEXT NOT NULL,
    effective   TEXT NOT NULL,
    actor       TEXT NOT NULL,
    at          TEXT NOT NULL
);

CREATE INDEX status_changes_link ON status_changes (link);
CREATE INDEX status_changes_list ON status_changes (list, seq);

CREATE TABLE publications (
    list        TEXT NOT NULL REFERENCES status_lists (id),
    purpose     TEXT NOT NULL,
    valid_from  TEXT NOT NULL,
    valid_until TEXT NOT NULL,
    through     BIGINT NOT NULL,
    token       TEXT NOT NULL,
    PRIMARY KEY (list, purpose, valid_from)
);

CREATE TABLE acts (
    seq      BIGINT PRIMARY KEY,
    previous TEXT NOT NULL UNIQUE,
    at       TEXT NOT NULL,
    actor    TEXT NOT NULL CHECK (actor <> ''),
    act      TEXT NOT NULL,
    object   TEXT NOT NULL,
    detail   TEXT NOT NULL,
    hash     TEXT NOT NULL UNIQUE
);
