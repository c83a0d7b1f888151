/** Roll-ups of analytics: an empty conversation or sender means all. `count` is the sum of `counts`. */
export const ROLLUPS = `
  CREATE TABLE sheets (
    conversation TEXT NOT NULL, month TEXT NOT NULL, sender TEXT NOT NULL, count INTEGER NOT NULL, counts TEXT NOT NULL,
    PRIMARY KEY (conversation, month, sender)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sheets_sender ON sheets (sender, month, conversation, count);

  CREATE TABLE counted (stream TEXT PRIMARY KEY, change INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`
