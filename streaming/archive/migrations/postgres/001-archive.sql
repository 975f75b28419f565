CREATE TABLE session (
    session_id TEXT PRIMARY KEY, tenant TEXT NOT NULL, started_at BIGINT NOT NULL, ended_at BIGINT,
    channels BIGINT NOT NULL, origin TEXT NOT NULL, state TEXT NOT NULL, samples BIGINT NOT NULL,
    last_ms BIGINT NOT NULL, last_number BIGINT NOT NULL, chunks BIGINT NOT NULL, notes BIGINT NOT NULL,
    size BIGINT NOT NULL, details BYTEA NOT NULL
);
CREATE INDEX session_newest ON session (tenant, (-started_at), session_id);
CREATE TABLE secret (session_id TEXT PRIMARY KEY, root TEXT NOT NULL, wrapped BYTEA NOT NULL);
CREATE TABLE tag (
    session_id TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (session_id, kind, value)
);
CREATE TABLE piece (
    blob TEXT PRIMARY KEY, session_id TEXT NOT NULL, kind TEXT NOT NULL, first BIGINT NOT NULL,
    last BIGINT NOT NULL, last_number BIGINT NOT NULL, channels BIGINT NOT NULL, size BIGINT NOT NULL
);
CREATE UNIQUE INDEX piece_place ON piece (session_id, kind, first);
CREATE TABLE copy (
    session_id TEXT NOT NULL, name TEXT NOT NULL, blob TEXT NOT NULL, PRIMARY KEY (session_id, name)
);
CREATE TABLE line (
    line_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, session_id TEXT NOT NULL, kind TEXT NOT NULL,
    number BIGINT NOT NULL, channel BIGINT NOT NULL, start_ms BIGINT NOT NULL, end_ms BIGINT NOT NULL,
    language TEXT NOT NULL, text BYTEA NOT NULL, corrected BYTEA, tokens TSVECTOR NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX line_number ON line (session_id, kind, number);
CREATE INDEX line_tokens ON line USING gin (tokens);
CREATE TABLE note (
    session_id TEXT NOT NULL, note_id BIGINT NOT NULL, content BYTEA NOT NULL, PRIMARY KEY (session_id, note_id)
);
CREATE TABLE tombstone (
    session_id TEXT PRIMARY KEY, tenant TEXT NOT NULL, details BYTEA NOT NULL, forgotten_at BIGINT NOT NULL,
    forgotten_by TEXT NOT NULL, done_at BIGINT
);
