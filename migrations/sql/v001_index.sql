-- Times are Unix seconds, sizes bytes, file times nanoseconds.

CREATE TABLE upstream (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE repository (
    id          INTEGER PRIMARY KEY,
    upstream_id INTEGER NOT NULL REFERENCES upstream (id),
    name        TEXT NOT NULL,
    UNIQUE (upstream_id, name)
) STRICT;

-- value: one byte for the algorithm (1 sha256, 2 sha512), then the raw digest.
CREATE TABLE digest (
    id    INTEGER PRIMARY KEY,
    value BLOB NOT NULL UNIQUE
) STRICT;

-- A row exists for every file under blobs/ that was verified. The file is trusted
-- only while its size, inode and times equal these.
CREATE TABLE blob (
    digest_id  INTEGER PRIMARY KEY REFERENCES digest (id),
    size       INTEGER NOT NULL,
    disk_size  INTEGER NOT NULL,
    inode      INTEGER NOT NULL,
    mtime_ns   INTEGER NOT NULL,
    ctime_ns   INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    deleting   INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX blob_deleting ON blob (digest_id) WHERE deleting = 1;

-- Narrow and without an index on purpose: it is the table every hit updates.
CREATE TABLE access (
    digest_id   INTEGER PRIMARY KEY REFERENCES blob (digest_id) ON DELETE CASCADE,
    accessed_at INTEGER NOT NULL,
    hits        INTEGER NOT NULL
) STRICT;

CREATE TABLE manifest (
    digest_id     INTEGER PRIMARY KEY REFERENCES blob (digest_id) ON DELETE CASCADE,
    media_type    TEXT NOT NULL,
    artifact_type TEXT
) STRICT;

-- relation: 1 config, 2 layer, 3 manifest of an index, 4 subject.
CREATE TABLE child (
    manifest_id INTEGER NOT NULL REFERENCES manifest (digest_id) ON DELETE CASCADE,
    position    INTEGER NOT NULL,
    digest_id   INTEGER NOT NULL REFERENCES digest (id),
    relation    INTEGER NOT NULL,
    size        INTEGER NOT NULL,
    platform    TEXT,
    PRIMARY KEY (manifest_id, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX child_digest ON child (digest_id);

-- The upstream itself answered 200 for this digest in this repository.
CREATE TABLE proof (
    repository_id INTEGER NOT NULL REFERENCES repository (id),
    digest_id     INTEGER NOT NULL REFERENCES digest (id),
    PRIMARY KEY (repository_id, digest_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX proof_digest ON proof (digest_id);

CREATE TABLE tag (
    repository_id INTEGER NOT NULL REFERENCES repository (id),
    name          TEXT NOT NULL,
    digest_id     INTEGER NOT NULL REFERENCES digest (id),
    verified_at   INTEGER NOT NULL,
    PRIMARY KEY (repository_id, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX tag_digest ON tag (digest_id);

-- How much of fills/<digest> is known to be on the disk.
CREATE TABLE checkpoint (
    digest_id  INTEGER PRIMARY KEY REFERENCES digest (id),
    synced     INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
