CREATE TABLE users (
    id text COLLATE "C" PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE,
    display_name text NOT NULL,
    role text NOT NULL,
    password_hash text,
    locked_at timestamptz,
    created_at timestamptz NOT NULL
);

CREATE TABLE sign_ins (
    id text COLLATE "C" PRIMARY KEY,
    user_id text COLLATE "C" NOT NULL REFERENCES users (id),
    secret_hash bytea NOT NULL UNIQUE,
    address text NOT NULL,
    user_agent text NOT NULL,
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX sign_ins_user ON sign_ins (user_id);
CREATE INDEX sign_ins_revoked ON sign_ins (revoked_at) WHERE revoked_at IS NOT NULL;

CREATE TABLE tokens (
    id text COLLATE "C" PRIMARY KEY,
    user_id text COLLATE "C" NOT NULL REFERENCES users (id),
    name text NOT NULL,
    secret_hash bytea NOT NULL UNIQUE,
    scope text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX tokens_user ON tokens (user_id);
CREATE INDEX tokens_revoked ON tokens (revoked_at) WHERE revoked_at IS NOT NULL;

-- `state_name` and `since` repeat what `state` holds, for queries.
CREATE TABLE sessions (
    id text COLLATE "C" PRIMARY KEY,
    owner text COLLATE "C" NOT NULL REFERENCES users (id),
    name text NOT NULL,
    ide text NOT NULL,
    spec jsonb NOT NULL,
    state jsonb NOT NULL,
    state_name text NOT NULL,
    since timestamptz NOT NULL,
    generation bigint NOT NULL,
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    last_active_at timestamptz,
    version bigint NOT NULL,
    change bigint NOT NULL
);
CREATE INDEX sessions_owner ON sessions (owner, state_name);
CREATE INDEX sessions_change ON sessions (change);
CREATE INDEX sessions_live ON sessions (created_at) WHERE state_name <> 'Stopped';

-- `seq` is the number of the change that wrote it: a session has at most one event in a change.
CREATE TABLE session_events (
    session_id text COLLATE "C" NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    seq bigint NOT NULL,
    at timestamptz NOT NULL,
    generation bigint NOT NULL,
    code text NOT NULL,
    text text NOT NULL,
    who text,
    PRIMARY KEY (session_id, seq)
);

-- One sample per session and second. Whole seconds, so that both databases group them by the same division.
CREATE TABLE session_usage (
    session_id text COLLATE "C" NOT NULL,
    second bigint NOT NULL,
    generation bigint NOT NULL,
    cpus double precision NOT NULL,
    memory_bytes bigint NOT NULL,
    processes bigint NOT NULL,
    PRIMARY KEY (session_id, second)
);
CREATE INDEX session_usage_second ON session_usage (second);

CREATE TABLE leases (
    name text COLLATE "C" PRIMARY KEY,
    holder text NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE TABLE audit (
    seq bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    actor_id text COLLATE "C",
    actor text NOT NULL,
    address text,
    action text NOT NULL,
    target text,
    detail text NOT NULL,
    hash bytea NOT NULL
);

-- Whose turn it is to write: every transaction that changes sessions, sign-ins or the audit log raises `change`
-- first, and so holds this row until it commits. Numbers are thus given out in the order of commits, and a reader
-- that has seen number n will never be shown a lower one that it has not seen.
CREATE TABLE turn (
    one bigint PRIMARY KEY CHECK (one = 1),
    change bigint NOT NULL,
    audit_seq bigint NOT NULL,
    audit_hash bytea NOT NULL
);
INSERT INTO turn (one, change, audit_seq, audit_hash) VALUES (1, 0, 0, '');
