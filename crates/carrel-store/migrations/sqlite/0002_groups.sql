-- Which groups a user belongs to. A group is a name in a rule (`[@devs]`); it has no row of its own.
CREATE TABLE user_groups (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    PRIMARY KEY (user_id, name)
) STRICT;
