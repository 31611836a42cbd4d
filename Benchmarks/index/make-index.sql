-- Fills an index of the newest schema with 1,000,000 blobs, 150,000 of them manifests, and
-- 200,000 tags, as pulls of many images over a year would. sqlite3 sets .parameter beforehand:
-- :now, Unix seconds.

PRAGMA synchronous = OFF;
PRAGMA cache_size = -200000;
BEGIN;

CREATE TEMP TABLE setting AS SELECT :now AS now, 1000000 AS blobs, 150000 AS manifests;

INSERT INTO upstream (name)
    SELECT column1 FROM (VALUES ('docker.io'), ('ghcr.io'), ('quay.io'), ('registry.k8s.io'));
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
INSERT INTO repository (upstream_id, name)
    SELECT 1 + i % 4, 'team-' || (i % 100) || '/app-' || i FROM n;

-- The value is one byte for sha256, then the hash.
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
INSERT INTO digest (id, value)
    SELECT i, CAST(x'01' || hash AS BLOB) FROM (
        SELECT i, randomblob(32) AS hash FROM n);

-- The caller has dropped the triggers and makes them again: their work is done in one sweep.

INSERT INTO blob (digest_id, size, disk_size, inode, mtime_ns, ctime_ns, created_at, upstream_id)
    SELECT id, 100000, 102400, id, 0, 0, (SELECT now FROM setting) - 31536000 + id * 31, 1 + id % 4
    FROM digest;
INSERT INTO access (digest_id, accessed_at, hits)
    SELECT digest_id, created_at, digest_id % 100 FROM blob;

-- Ids up to 150,000 are manifests. Each has a config of its own and five layers, of which two
-- are shared with its nine neighbours.
INSERT INTO manifest (digest_id, media_type, used_at, content_size)
    SELECT id, 'application/vnd.oci.image.manifest.v1+json',
        (SELECT accessed_at FROM access a WHERE a.digest_id = id), 700000
    FROM digest WHERE id <= 150000;
WITH part (position, relation) AS (
    VALUES (0, 1), (1, 2), (2, 2), (3, 2), (4, 2), (5, 2))
INSERT INTO child (manifest_id, position, digest_id, relation, size)
    SELECT m.digest_id, position,
        CASE WHEN position >= 4
            THEN 900001 + (m.digest_id / 10) * 2 % 90000 + position - 4
            ELSE 150001 + (m.digest_id - 1) * 4 + position + position / 4 END,
        relation, 100000
    FROM manifest m, part;

INSERT INTO proof (repository_id, digest_id)
    SELECT 1 + digest_id % 10000, digest_id FROM manifest;
INSERT INTO tag (repository_id, name, digest_id, verified_at)
    SELECT 1 + digest_id % 10000, 'v' || digest_id, digest_id, (SELECT now FROM setting)
    FROM manifest;
INSERT INTO tag (repository_id, name, digest_id, verified_at)
    SELECT 1 + digest_id % 10000, 'build-' || digest_id, digest_id, (SELECT now FROM setting)
    FROM manifest WHERE digest_id <= 50000;
INSERT INTO image (repository_id, reference, digest_id, accessed_at, pulls, bytes)
    SELECT t.repository_id, t.name, t.digest_id, a.accessed_at, t.digest_id % 1000,
        t.digest_id * 1000
    FROM tag t JOIN access a ON a.digest_id = t.digest_id;

INSERT INTO orphan (digest_id, accessed_at)
    SELECT b.digest_id, a.accessed_at FROM blob b JOIN access a ON a.digest_id = b.digest_id
    WHERE NOT EXISTS (SELECT 1 FROM manifest m WHERE m.digest_id = b.digest_id)
      AND NOT EXISTS (SELECT 1 FROM child c WHERE c.digest_id = b.digest_id);
UPDATE counter SET value = 1000000 WHERE name = 'blobs';
UPDATE counter SET value = (SELECT sum(disk_size) FROM blob) WHERE name = 'bytes';
UPDATE upstream SET
    blobs = (SELECT count(*) FROM blob b WHERE b.upstream_id = upstream.id),
    bytes = (SELECT sum(disk_size) FROM blob b WHERE b.upstream_id = upstream.id);

INSERT INTO upstream_traffic (upstream_id, requests, hits, bytes_served)
    SELECT id, 1000000, 900000, 1000000000000 FROM upstream;
INSERT INTO repository_traffic (repository_id, requests, hits, pulls, bytes_served)
    SELECT id, id * 10, id * 9, id, id * 1000000 FROM repository;
WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 2159)
INSERT INTO timeline (start_at, seconds, requests, hits)
    SELECT (now - now % 3600) - i * 3600, 3600, 1000, 900 FROM n, setting;
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
INSERT INTO client_traffic (address, requests, bytes, accessed_at)
    SELECT printf('10.%d.%d.%d', i / 65536, i / 256 % 256, i % 256), i, i * 1000, now - i
    FROM n, setting;
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
INSERT INTO eviction (evicted_at, digest, kind, name, reason, disk_size, accessed_at)
    SELECT now - i, (SELECT value FROM digest d WHERE d.id = n.i), 'blob', NULL, 'budget', 102400,
        now - i FROM n, setting;
COMMIT;
