-- The account that containers of a user's sessions run as. It refers to no row of `users`: a number is given out once, and
-- stays taken when its user is gone.
CREATE TABLE accounts (
    user_id TEXT PRIMARY KEY,
    uid INTEGER NOT NULL UNIQUE,
    gid INTEGER NOT NULL,
    home TEXT NOT NULL,
    shell TEXT NOT NULL
) STRICT;
CREATE INDEX accounts_gid ON accounts (gid);

-- The number of a group, from when it is first needed. No account has it as its own group, unless somebody wanted that.
CREATE TABLE group_ids (
    name TEXT PRIMARY KEY,
    gid INTEGER NOT NULL UNIQUE
) STRICT;
