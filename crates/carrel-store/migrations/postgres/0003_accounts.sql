-- The account that containers of a user's sessions run as. It refers to no row of `users`: a number is given out once, and
-- stays taken when its user is gone.
CREATE TABLE accounts (
    user_id text COLLATE "C" PRIMARY KEY,
    uid bigint NOT NULL UNIQUE,
    gid bigint NOT NULL,
    home text NOT NULL,
    shell text NOT NULL
);
CREATE INDEX accounts_gid ON accounts (gid);

-- The number of a group, from when it is first needed. No account has it as its own group, unless somebody wanted that.
CREATE TABLE group_ids (
    name text COLLATE "C" PRIMARY KEY,
    gid bigint NOT NULL UNIQUE
);
