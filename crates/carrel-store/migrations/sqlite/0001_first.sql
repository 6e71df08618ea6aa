-- Times are microseconds since 1970-01-01T00:00Z.

CREATE TABLE users (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    role TEXT NOT NULL,
    password_hash TEXT,
    locked_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE sign_ins (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    secret_hash BLOB NOT NULL UNIQUE,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;
CREATE INDEX sign_ins_user ON sign_ins (user_id);
CREATE INDEX sign_ins_revoked ON sign_ins (revoked_at) WHERE revoked_at IS NOT NULL;

CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    secret_hash BLOB NOT NULL UNIQUE,
    scope TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    last_used_at INTEGER,
    revoked_at INTEGER
) STRICT;
CREATE INDEX tokens_user ON tokens (user_id);
CREATE INDEX tokens_revoked ON tokens (revoked_at) WHERE revoked_at IS NOT NULL;

-- `state_name` and `since` repeat what `state` holds, for queries.
CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    ide TEXT NOT NULL,
    spec TEXT NOT NULL,
    state TEXT NOT NULL,
    state_name TEXT NOT NULL,
    since INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    last_active_at INTEGER,
    version INTEGER NOT NULL,
    change INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_owner ON sessions (owner, state_name);
CREATE INDEX sessions_change ON sessions (change);
CREATE INDEX sessions_live ON sessions (created_at) WHERE state_name <> 'Stopped';

-- `seq` is the number of the change that wrote it: a session has at most one event in a change.
CREATE TABLE session_events (
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    code TEXT NOT NULL,
    text TEXT NOT NULL,
    who TEXT,
    PRIMARY KEY (session_id, seq)
) STRICT;

-- One sample per session and second. Whole seconds, so that both databases group them by the same division.
CREATE TABLE session_usage (
    session_id TEXT NOT NULL,
    second INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    cpus REAL NOT NULL,
    memory_bytes INTEGER NOT NULL,
    processes INTEGER NOT NULL,
    PRIMARY KEY (session_id, second)
) STRICT;
CREATE INDEX session_usage_second ON session_usage (second);

CREATE TABLE leases (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor_id TEXT,
    actor TEXT NOT NULL,
    address TEXT,
    action TEXT NOT NULL,
    target TEXT,
    detail TEXT NOT NULL,
    hash BLOB NOT NULL
) STRICT;

-- Whose turn it is to write: every transaction that changes sessions, sign-ins or the audit log raises `change`
-- first, and so holds this row until it commits. Numbers are thus given out in the order of commits, and a reader
-- that has seen number n will never be shown a lower one that it has not seen.
CREATE TABLE turn (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    change INTEGER NOT NULL,
    audit_seq INTEGER NOT NULL,
    audit_hash BLOB NOT NULL
) STRICT;
INSERT INTO turn (one, change, audit_seq, audit_hash) VALUES (1, 0, 0, x'');
