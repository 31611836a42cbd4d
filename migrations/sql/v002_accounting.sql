-- Counting, recency of images, and the sums that the budget goes by (docs/budget.md).

CREATE TABLE counter (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO counter (name, value) VALUES
    ('blobs', (SELECT count(*) FROM blob)),
    ('bytes', (SELECT coalesce(sum(disk_size), 0) FROM blob)),
    ('evictions', 0),
    ('evicted_bytes', 0),
    ('since', unixepoch());

-- The upstream that brought the blob first: whose share of the budget it counts against.
ALTER TABLE blob ADD COLUMN upstream_id INTEGER REFERENCES upstream (id);
ALTER TABLE upstream ADD COLUMN blobs INTEGER NOT NULL DEFAULT 0;
ALTER TABLE upstream ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;

UPDATE blob SET upstream_id = (
    SELECT r.upstream_id FROM proof p JOIN repository r ON r.id = p.repository_id
    WHERE p.digest_id = blob.digest_id LIMIT 1);
UPDATE upstream SET
    blobs = (SELECT count(*) FROM blob b WHERE b.upstream_id = upstream.id),
    bytes = (SELECT coalesce(sum(b.disk_size), 0) FROM blob b WHERE b.upstream_id = upstream.id);

-- used_at: a lower bound of the image's rank, raised lazily. content_size: its own bytes and
-- those of its config and layers as it describes them, each digest once; of an index, besides,
-- those of what it lists that is in the store.
ALTER TABLE manifest ADD COLUMN used_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE manifest ADD COLUMN content_size INTEGER NOT NULL DEFAULT 0;

-- Takes a change up through the indexes that list it, and those that list them: the connection
-- that writes has recursive triggers on.
CREATE TRIGGER manifest_resized AFTER UPDATE OF content_size ON manifest
WHEN NEW.content_size <> OLD.content_size BEGIN
    UPDATE manifest SET content_size = content_size + NEW.content_size - OLD.content_size
        WHERE digest_id IN (SELECT c.manifest_id FROM child c
                            WHERE c.digest_id = NEW.digest_id AND c.relation = 3);
END;

-- Adds each manifest's own part, whatever came up from what it lists before.
UPDATE manifest SET
    used_at = coalesce(
        (SELECT a.accessed_at FROM access a WHERE a.digest_id = manifest.digest_id), 0),
    content_size = content_size
        + (SELECT b.size FROM blob b WHERE b.digest_id = manifest.digest_id)
        + (SELECT coalesce(sum(part.size), 0)
           FROM (SELECT max(c.size) AS size FROM child c
                 WHERE c.manifest_id = manifest.digest_id AND c.relation IN (1, 2)
                 GROUP BY c.digest_id) AS part);

CREATE INDEX manifest_used ON manifest (used_at);
CREATE INDEX manifest_content_size ON manifest (content_size);

-- Blobs that no manifest in the store refers to as config or layer.
CREATE TABLE orphan (
    digest_id   INTEGER PRIMARY KEY REFERENCES blob (digest_id) ON DELETE CASCADE,
    accessed_at INTEGER NOT NULL
) STRICT;

INSERT INTO orphan (digest_id, accessed_at)
    SELECT b.digest_id, a.accessed_at FROM blob b JOIN access a ON a.digest_id = b.digest_id
    WHERE NOT EXISTS (SELECT 1 FROM manifest m WHERE m.digest_id = b.digest_id)
      AND NOT EXISTS (SELECT 1 FROM child c
                      WHERE c.digest_id = b.digest_id AND c.relation IN (1, 2));

CREATE INDEX orphan_accessed ON orphan (accessed_at);

CREATE TRIGGER blob_inserted AFTER INSERT ON blob BEGIN
    UPDATE counter SET value = value + 1 WHERE name = 'blobs';
    UPDATE counter SET value = value + NEW.disk_size WHERE name = 'bytes';
    INSERT INTO orphan (digest_id, accessed_at)
        SELECT NEW.digest_id, NEW.created_at
        WHERE NOT EXISTS (SELECT 1 FROM child c
                          WHERE c.digest_id = NEW.digest_id AND c.relation IN (1, 2));
    UPDATE blob SET upstream_id = (
        SELECT r.upstream_id FROM proof p JOIN repository r ON r.id = p.repository_id
        WHERE p.digest_id = NEW.digest_id LIMIT 1)
        WHERE digest_id = NEW.digest_id;
END;

CREATE TRIGGER blob_resized AFTER UPDATE OF disk_size ON blob BEGIN
    UPDATE counter SET value = value + NEW.disk_size - OLD.disk_size WHERE name = 'bytes';
    UPDATE upstream SET bytes = bytes + NEW.disk_size - OLD.disk_size WHERE id = NEW.upstream_id;
END;

CREATE TRIGGER blob_attributed AFTER UPDATE OF upstream_id ON blob
WHEN OLD.upstream_id IS NULL AND NEW.upstream_id IS NOT NULL BEGIN
    UPDATE upstream SET blobs = blobs + 1, bytes = bytes + NEW.disk_size
        WHERE id = NEW.upstream_id;
END;

CREATE TRIGGER blob_deleted AFTER DELETE ON blob BEGIN
    UPDATE counter SET value = value - 1 WHERE name = 'blobs';
    UPDATE counter SET value = value - OLD.disk_size WHERE name = 'bytes';
    UPDATE upstream SET blobs = blobs - 1, bytes = bytes - OLD.disk_size
        WHERE id = OLD.upstream_id;
    DELETE FROM proof WHERE digest_id = OLD.digest_id;
END;

CREATE TRIGGER proof_inserted AFTER INSERT ON proof BEGIN
    UPDATE blob SET upstream_id = (
        SELECT r.upstream_id FROM repository r WHERE r.id = NEW.repository_id)
        WHERE digest_id = NEW.digest_id AND upstream_id IS NULL;
END;

CREATE TRIGGER manifest_inserted AFTER INSERT ON manifest BEGIN
    DELETE FROM orphan WHERE digest_id = NEW.digest_id;
END;

CREATE TRIGGER manifest_deleted AFTER DELETE ON manifest BEGIN
    UPDATE manifest SET content_size = content_size - OLD.content_size
        WHERE digest_id IN (SELECT c.manifest_id FROM child c
                            WHERE c.digest_id = OLD.digest_id AND c.relation = 3);
    DELETE FROM tag WHERE digest_id = OLD.digest_id;
    DELETE FROM image WHERE digest_id = OLD.digest_id;
END;

CREATE TRIGGER child_inserted AFTER INSERT ON child WHEN NEW.relation IN (1, 2) BEGIN
    DELETE FROM orphan WHERE digest_id = NEW.digest_id;
END;

CREATE TRIGGER child_deleted AFTER DELETE ON child WHEN OLD.relation IN (1, 2) BEGIN
    INSERT OR IGNORE INTO orphan (digest_id, accessed_at)
        SELECT a.digest_id, a.accessed_at FROM access a
        JOIN blob b ON b.digest_id = a.digest_id
        WHERE a.digest_id = OLD.digest_id
          AND NOT EXISTS (SELECT 1 FROM manifest m WHERE m.digest_id = OLD.digest_id)
          AND NOT EXISTS (SELECT 1 FROM child c
                          WHERE c.digest_id = OLD.digest_id AND c.relation IN (1, 2));
END;

-- What clients pull: a tag, or a digest that was asked for without one.
CREATE TABLE image (
    id            INTEGER PRIMARY KEY,
    repository_id INTEGER NOT NULL REFERENCES repository (id),
    reference     TEXT NOT NULL,
    digest_id     INTEGER NOT NULL REFERENCES digest (id),
    accessed_at   INTEGER NOT NULL,
    pulls         INTEGER NOT NULL,
    bytes         INTEGER NOT NULL,
    UNIQUE (repository_id, reference)
) STRICT;

CREATE INDEX image_digest ON image (digest_id);
CREATE INDEX image_accessed ON image (accessed_at);
CREATE INDEX image_pulls ON image (pulls);
CREATE INDEX image_bytes ON image (bytes);

CREATE TABLE upstream_traffic (
    upstream_id   INTEGER PRIMARY KEY REFERENCES upstream (id),
    requests      INTEGER NOT NULL DEFAULT 0,
    hits          INTEGER NOT NULL DEFAULT 0,
    misses        INTEGER NOT NULL DEFAULT 0,
    coalesced     INTEGER NOT NULL DEFAULT 0,
    stale         INTEGER NOT NULL DEFAULT 0,
    heads         INTEGER NOT NULL DEFAULT 0,
    pulls         INTEGER NOT NULL DEFAULT 0,
    errors        INTEGER NOT NULL DEFAULT 0,
    bytes_served  INTEGER NOT NULL DEFAULT 0,
    bytes_hit     INTEGER NOT NULL DEFAULT 0,
    bytes_fetched INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE repository_traffic (
    repository_id INTEGER PRIMARY KEY REFERENCES repository (id),
    requests      INTEGER NOT NULL DEFAULT 0,
    hits          INTEGER NOT NULL DEFAULT 0,
    misses        INTEGER NOT NULL DEFAULT 0,
    coalesced     INTEGER NOT NULL DEFAULT 0,
    stale         INTEGER NOT NULL DEFAULT 0,
    heads         INTEGER NOT NULL DEFAULT 0,
    pulls         INTEGER NOT NULL DEFAULT 0,
    errors        INTEGER NOT NULL DEFAULT 0,
    bytes_served  INTEGER NOT NULL DEFAULT 0,
    bytes_hit     INTEGER NOT NULL DEFAULT 0,
    bytes_fetched INTEGER NOT NULL DEFAULT 0
) STRICT;

-- seconds: 3600 for an hour, 86400 for a day.
CREATE TABLE timeline (
    start_at      INTEGER NOT NULL,
    seconds       INTEGER NOT NULL,
    requests      INTEGER NOT NULL DEFAULT 0,
    hits          INTEGER NOT NULL DEFAULT 0,
    misses        INTEGER NOT NULL DEFAULT 0,
    coalesced     INTEGER NOT NULL DEFAULT 0,
    stale         INTEGER NOT NULL DEFAULT 0,
    heads         INTEGER NOT NULL DEFAULT 0,
    pulls         INTEGER NOT NULL DEFAULT 0,
    errors        INTEGER NOT NULL DEFAULT 0,
    bytes_served  INTEGER NOT NULL DEFAULT 0,
    bytes_hit     INTEGER NOT NULL DEFAULT 0,
    bytes_fetched INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (start_at, seconds)
) STRICT, WITHOUT ROWID;

CREATE TABLE client_traffic (
    address     TEXT PRIMARY KEY,
    requests    INTEGER NOT NULL,
    bytes       INTEGER NOT NULL,
    accessed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX client_accessed ON client_traffic (accessed_at);

CREATE TABLE eviction (
    id          INTEGER PRIMARY KEY,
    evicted_at  INTEGER NOT NULL,
    digest      BLOB NOT NULL,
    kind        TEXT NOT NULL,
    name        TEXT,
    reason      TEXT NOT NULL,
    disk_size   INTEGER NOT NULL,
    accessed_at INTEGER NOT NULL
) STRICT;

-- Pins made at run time; those of the configuration are not kept here.
CREATE TABLE pin (
    pattern    TEXT PRIMARY KEY,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
