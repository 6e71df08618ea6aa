-- Which groups a user belongs to. A group is a name in a rule (`[@devs]`); it has no row of its own.
CREATE TABLE user_groups (
    user_id text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name text COLLATE "C" NOT NULL,
    PRIMARY KEY (user_id, name)
);
