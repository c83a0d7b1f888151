/** The entries of the log that show the profile of a contact. */
export const SHOWS_PROFILE = "event IN ('contact.added', 'contact.updated', 'contact.removed')"

/** Contacts and blocks. A row has one of the two times at least. */
export const CONTACTS = `
  CREATE TABLE contacts (
    user_id TEXT NOT NULL, contact_id TEXT NOT NULL, added_at TEXT, blocked_at TEXT, receipts TEXT,
    PRIMARY KEY (user_id, contact_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX contacts_of ON contacts (contact_id);
  CREATE INDEX log_contact ON log (json_extract(data, '$.contact_id'), stream, change) WHERE ${SHOWS_PROFILE};
`
