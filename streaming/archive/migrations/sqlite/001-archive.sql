CREATE TABLE session (
    session_id TEXT PRIMARY KEY, tenant TEXT NOT NULL, started_at INTEGER NOT NULL, ended_at INTEGER,
    channels INTEGER NOT NULL, origin TEXT NOT NULL, state TEXT NOT NULL, samples INTEGER NOT NULL,
    last_ms INTEGER NOT NULL, last_number INTEGER NOT NULL, chunks INTEGER NOT NULL, notes INTEGER NOT NULL,
    size INTEGER NOT NULL, details BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX session_newest ON session (tenant, (-started_at), session_id);
CREATE TABLE secret (session_id TEXT PRIMARY KEY, root TEXT NOT NULL, wrapped BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE tag (
    session_id TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (session_id, kind, value)
) WITHOUT ROWID;
CREATE TABLE piece (
    blob TEXT PRIMARY KEY, session_id TEXT NOT NULL, kind TEXT NOT NULL, first INTEGER NOT NULL,
    last INTEGER NOT NULL, last_number INTEGER NOT NULL, channels INTEGER NOT NULL, size INTEGER NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX piece_place ON piece (session_id, kind, first);
CREATE TABLE copy (
    session_id TEXT NOT NULL, name TEXT NOT NULL, blob TEXT NOT NULL, PRIMARY KEY (session_id, name)
) WITHOUT ROWID;
CREATE TABLE line (
    line_id INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT NOT NULL, kind TEXT NOT NULL,
    number INTEGER NOT NULL, channel INTEGER NOT NULL, start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL,
    language TEXT NOT NULL, text BLOB NOT NULL, corrected BLOB
);
CREATE UNIQUE INDEX line_number ON line (session_id, kind, number);
CREATE VIRTUAL TABLE found USING fts5 (tokens, tokenize = 'ascii');
CREATE TABLE note (
    session_id TEXT NOT NULL, note_id INTEGER NOT NULL, content BLOB NOT NULL, PRIMARY KEY (session_id, note_id)
) WITHOUT ROWID;
CREATE TABLE tombstone (
    session_id TEXT PRIMARY KEY, tenant TEXT NOT NULL, details BLOB NOT NULL, forgotten_at INTEGER NOT NULL,
    forgotten_by TEXT NOT NULL, done_at INTEGER
) WITHOUT ROWID;
